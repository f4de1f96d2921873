"""The sections of a report; where a run lacks the data of one, it says so or is left out."""

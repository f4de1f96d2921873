"""The record of a study on disk or in a database."""

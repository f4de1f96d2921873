"""Figures of a search, one a file."""

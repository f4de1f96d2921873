"""Formats of users' own data."""

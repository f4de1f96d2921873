"""Figures of a search, one a file."""

from nas.plots.extra import check_installed

check_installed()  # before any figure imports what the extra holds

"""Figures, a file each."""

from nas.plots.extra import check_installed

check_installed()  # before a figure imports them

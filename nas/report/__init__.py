"""Readable reports: choices and costs of spaces.

The report of a run is :mod:`nas.report.page`, which needs the extra ``report``.
"""

from nas.report.choices import Choice, choices
from nas.report.error_curves import svg_curves, text_curves
from nas.report.population import Population, Spread, population

__all__ = [
    "Choice",
    "Population",
    "Spread",
    "choices",
    "population",
    "svg_curves",
    "text_curves",
]

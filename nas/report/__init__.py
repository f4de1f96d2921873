"""Readable reports: drawings of architectures, choices and costs of spaces.

The report of a run is :mod:`nas.report.page`, which needs the extra ``report``.
"""

from nas.report.choices import Choice, choices
from nas.report.entry import Entry
from nas.report.error_curves import svg_curves, text_curves
from nas.report.outline import outline
from nas.report.population import Population, Spread, population
from nas.report.svg_drawing import draw_svg
from nas.report.text_drawing import draw_text

__all__ = [
    "Choice",
    "Entry",
    "Population",
    "Spread",
    "choices",
    "draw_svg",
    "draw_text",
    "outline",
    "population",
    "svg_curves",
    "text_curves",
]

"""Figures of a search, as Altair charts; they need the extra ``report``.

Each function takes a run folder, the result of a search, or a record that was read before.

Example:
    >>> import nas.plots
    >>> nas.plots.history("runs/resnet-digits").save("history.html")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry import lazy_names

if TYPE_CHECKING:
    from nas.plots.charts.confusion import confusion
    from nas.plots.charts.history import history
    from nas.plots.charts.importance import importance
    from nas.plots.charts.pareto import pareto
    from nas.plots.charts.random_search import random_search
    from nas.plots.charts.residuals import residuals
    from nas.plots.charts.rungs import rungs
    from nas.plots.charts.tau import tau
    from nas.plots.charts.trust import trust

_HOMES = {
    "confusion": "nas.plots.charts.confusion",
    "history": "nas.plots.charts.history",
    "importance": "nas.plots.charts.importance",
    "pareto": "nas.plots.charts.pareto",
    "random_search": "nas.plots.charts.random_search",
    "residuals": "nas.plots.charts.residuals",
    "rungs": "nas.plots.charts.rungs",
    "tau": "nas.plots.charts.tau",
    "trust": "nas.plots.charts.trust",
}

__all__ = [
    "confusion",
    "history",
    "importance",
    "pareto",
    "random_search",
    "residuals",
    "rungs",
    "tau",
    "trust",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)

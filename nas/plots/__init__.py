"""Figures of a search, as Altair charts; they need the extra ``report``.

Each function takes a run folder, the result of a search, or a record that was read before.

Example:
    >>> import nas.plots
    >>> nas.plots.history("runs/resnet-digits").save("history.html")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.plots.extra import check_installed
from nas.registry import lazy_names

if TYPE_CHECKING:
    from nas.plots.confusion import confusion
    from nas.plots.history import history
    from nas.plots.importance import importance
    from nas.plots.pareto import pareto
    from nas.plots.random_search import random_search
    from nas.plots.rungs import rungs
    from nas.plots.tau import tau
    from nas.plots.trust import trust

_HOMES = {
    "confusion": "nas.plots.confusion",
    "history": "nas.plots.history",
    "importance": "nas.plots.importance",
    "pareto": "nas.plots.pareto",
    "random_search": "nas.plots.random_search",
    "rungs": "nas.plots.rungs",
    "tau": "nas.plots.tau",
    "trust": "nas.plots.trust",
}

__all__ = [
    "confusion",
    "history",
    "importance",
    "pareto",
    "random_search",
    "rungs",
    "tau",
    "trust",
]

check_installed()
__getattr__, __dir__ = lazy_names(__name__, _HOMES)

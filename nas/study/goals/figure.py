"""All figures of a candidate, before and after scoring."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nas.analysis.figure import graph_figures

if TYPE_CHECKING:
    from nas.evaluate.scorer import Estimate
    from nas.graph.graph import Graph


def figures(network: Graph, estimate: Estimate | None = None) -> dict[str, float]:
    """All known figures of a network by name; with an estimate also those from scoring."""
    known = graph_figures(network)
    if estimate is not None:
        known |= asdict(estimate)
    return known

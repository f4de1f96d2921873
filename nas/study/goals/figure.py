"""All figures of a candidate, once it is scored and before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nas.analysis.figure import graph_figures

if TYPE_CHECKING:
    from nas.evaluate.scorer import Estimate
    from nas.graph.graph import Graph


def figures(network: Graph, estimate: Estimate | None = None) -> dict[str, float]:
    """Everything known of a network by name; what scoring finds only once it is scored."""
    known = graph_figures(network)
    if estimate is not None:
        known |= asdict(estimate)
    return known

"""How deep a network is on its longest way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.graph.graph import Graph


def longest_path(graph: Graph) -> int:
    """Layers that multiply and accumulate, on the longest way from an input to the output."""
    lengths = {spec.name: 0 for spec in graph.inputs}
    for node in graph.nodes:
        longest = max((lengths[name] for name in node.inputs), default=0)
        lengths[node.name] = longest + (graph.applied[node.name].macs > 0)
    return max(lengths[name] for name in graph.outputs)

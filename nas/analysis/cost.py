"""Exact analytic cost of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.graph.graph import check_is_graph
from nas.graph.ops.shape import Zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.graph import Graph

_FLOAT_BYTES = 4

NO_PATH = 1_000_000
"""Length of the shortest path where no path leads from an input to the output."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cost of one network.

    Attributes:
        params: Number of parameters, dead branches included.
        macs: Multiply-accumulates for one sample, of convolutions, linear layers and products of
            matrices such as those of attention.
        activation_bytes: Bytes of all node outputs for one sample in float32, which training
            keeps for the backward pass.
        layers: Number of operations that multiply and accumulate: convolutions, linear layers,
            attention.
        shortest_path: Layers and pools, including the global one before a classifier, on the
            shortest path from an input to the output; :data:`NO_PATH`, longer than any path, if
            there is none because the output is constant. Short paths carry most of the gradient
            (Veit, Wilber and Belongie 2016, Residual Networks Behave Like Ensembles of
            Relatively Shallow Networks).
        mean_path: Mean number of layers over all paths from an input to the output, the network's
            effective depth; 0 if there is none.
    """

    params: int
    macs: int
    activation_bytes: int
    layers: int
    shortest_path: int
    mean_path: float


def cost(graph: Graph) -> Cost:
    """Count parameters, multiply-accumulates, activations and layers from shapes alone.

    Raises:
        GraphError: It is no graph.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 8, 8))
        >>> found = cost(b.build(b.conv2d(x, 4)))
        >>> found.params, found.macs, found.activation_bytes, found.layers
        (108, 6912, 1024, 1)
    """
    check_is_graph(graph)
    steps = graph.applied.values()
    macs = [step.macs for step in steps]
    return Cost(
        params=sum([step.params for step in steps]),
        macs=sum(macs),
        activation_bytes=_FLOAT_BYTES * sum([step.size for step in steps]),
        layers=sum([count > 0 for count in macs]),
        shortest_path=_shortest_path(graph, macs),
        mean_path=_mean_path(graph, macs),
    )


def _shortest_path(graph: Graph, macs: Sequence[int]) -> int:
    lengths = {spec.name: NO_PATH if spec.is_edge_index else 0 for spec in graph.inputs}
    for node, count in zip(graph.nodes, macs, strict=True):
        transforms = count > 0 or node.op.is_pool
        shortest = min([lengths[name] for name in node.inputs], default=NO_PATH)
        blocked = type(node.op) is Zero or shortest == NO_PATH
        lengths[node.name] = NO_PATH if blocked else shortest + transforms
    return min(lengths[name] for name in graph.outputs)


def _mean_path(graph: Graph, macs: Sequence[int]) -> float:
    """Counted in integers: a deep network has more paths than a float can hold."""
    ways = {spec.name: int(not spec.is_edge_index) for spec in graph.inputs}
    lengths = {spec.name: 0 for spec in graph.inputs}
    for node, count in zip(graph.nodes, macs, strict=True):
        open_ways = 0 if type(node.op) is Zero else sum([ways[name] for name in node.inputs])
        ways[node.name] = open_ways
        carried = sum([lengths[name] for name in node.inputs]) if open_ways else 0
        lengths[node.name] = carried + open_ways * (count > 0)
    found = sum(ways[name] for name in graph.outputs)
    return sum(lengths[name] for name in graph.outputs) / found if found else 0.0

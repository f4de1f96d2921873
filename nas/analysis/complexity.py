"""Cost as published for design spaces: multiply-adds with biases, and activations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.graph.node import Node

_BIASES = (Role.BIAS, Role.CLASS_BIAS)


@dataclass(frozen=True, kw_only=True)
class Complexity:
    """Complexity of a network as pycls counts it.

    Attributes:
        params: Number of parameters.
        flops: Multiply-adds of convolutions and linear layers for one sample; a bias that is
            added counts as one.
        activations: Elements of the outputs of convolutions, linear layers and pools, except the
            global pool, for one sample. On accelerators run time depends on them more than on the
            multiply-adds (Radosavovic et al. 2020, Designing Network Design Spaces).
    """

    params: int
    flops: int
    activations: int


def complexity(graph: Graph) -> Complexity:
    """Count parameters, multiply-adds and activations from shapes alone.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 8, 8))
        >>> complexity(b.build(b.conv2d(x, 4, bias=True)))
        Complexity(params=112, flops=7168, activations=256)
    """
    counts = [_count(graph, node) for node in graph.nodes]
    return Complexity(
        params=sum(math.prod(spec.shape) for spec in graph.parameters().values()),
        flops=sum(flops for flops, _ in counts),
        activations=sum(activations for _, activations in counts),
    )


def _count(graph: Graph, node: Node) -> tuple[int, int]:
    """Multiply-adds and activations of one node."""
    shapes = graph.input_shapes(node)
    macs = node.op.macs(*shapes)
    elements = math.prod(graph.shapes[node.name])
    if not macs:
        return 0, elements if node.op.slides else 0
    biased = any(spec.role in _BIASES for spec in node.op.parameters(*shapes).values())
    return macs + biased * elements, elements

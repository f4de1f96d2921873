"""Exact analytic cost of a graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.graph.graph import Graph

_FLOAT_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one network costs.

    Attributes:
        params: Number of parameters, dead branches included.
        macs: Multiply-accumulates of convolutions and linear layers for one sample.
        activation_bytes: Bytes of all node outputs for one sample in float32, which training
            keeps for the backward pass.
        layers: Number of convolutions and linear layers.
    """

    params: int
    macs: int
    activation_bytes: int
    layers: int


def cost(graph: Graph) -> Cost:
    """Count parameters, multiply-accumulates and activations from shapes alone.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 8, 8))
        >>> cost(b.build(b.conv2d(x, 4)))
        Cost(params=108, macs=6912, activation_bytes=1024, layers=1)
    """
    macs = [node.op.macs(*graph.input_shapes(node)) for node in graph.nodes]
    return Cost(
        params=sum(math.prod(spec.shape) for spec in graph.parameters().values()),
        macs=sum(macs),
        activation_bytes=_FLOAT_BYTES
        * sum(math.prod(graph.shapes[node.name]) for node in graph.nodes),
        layers=sum(count > 0 for count in macs),
    )

"""A cell of blocks as part of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn, factorized_reduction, relu_conv_bn
from search_spaces.cells.cell_op import CELL_OPS

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value
    from search_spaces.cells.genotype import Block


def add_cell(
    b: GraphBuilder,
    inputs: tuple[Value, Value],
    blocks: tuple[Block, ...],
    concat: tuple[int, ...],
    channels: int,
    *,
    stride: int,
) -> Value:
    """Add the blocks of a cell: 2 x (B, C, H, W) -> (B, len(concat) * channels, H', W').

    Args:
        b: The builder to which nodes are added.
        inputs: States 0 and 1.
        blocks: The blocks of the cell.
        concat: States concatenated as output. A state whose shape differs from that of the last
            block passes a 1x1 convolution or a factorised reduction.
        channels: Width of each block.
        stride: Stride of the operations that read states 0 and 1.
    """
    states = list(inputs)
    for index, block in enumerate(blocks):
        with b.scope(f"block{index}"):
            parts = []
            for side, edge in zip(("left", "right"), block, strict=True):
                with b.scope(side):
                    step = stride if edge.state < len(inputs) else 1
                    parts.append(CELL_OPS[edge.op](b, states[edge.state], channels, step))
            states.append(b.add(*parts))
    matched = []
    for index in concat:
        with b.scope(f"match{index}"):
            matched.append(_match(b, states[index], states[-1]))
    return b.concat(*matched)


def project(b: GraphBuilder, x: Value, channels: int, like: Value) -> Value:
    """ReLU and a 1x1 convolution or, where ``like`` is smaller, a factorised reduction.

    Shape:
        (B, C, H, W) to (B, channels, H', W') with the resolution of ``like``.
    """
    if x.shape[2:] == like.shape[2:]:
        return relu_conv_bn(b, x, channels, 1)
    return factorized_reduction(b, b.relu(x), channels)


def _match(b: GraphBuilder, x: Value, like: Value) -> Value:
    if x.shape == like.shape:
        return x
    if x.shape[2:] == like.shape[2:]:
        return conv_bn(b, x, like.channels, 1)
    return factorized_reduction(b, x, like.channels)

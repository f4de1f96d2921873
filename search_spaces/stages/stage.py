"""Networks of stages of equal blocks, for AnyNet and RegNet: pycls's ``anynet.py``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.graph.blocks import conv_bn, squeeze_excite
from nas.graph.builder import GraphBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

QUANTUM = 8
"""Divisor of all widths."""
_SQUEEZE = 0.25


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Blocks of one width.

    Attributes:
        depth: Number of blocks.
        width: Input and output channels of each block.
        group: Channels of a group in the 3x3 convolutions.
        ratio: Bottleneck: inside a block there are ``ratio`` times fewer channels.
    """

    depth: int
    width: int
    group: int
    ratio: int = 1

    def compatible(self) -> Stage:
        """The same stage with widths that its groups divide, rounded half to even.

        A group wider than the bottleneck becomes the bottleneck.

        Example:
            >>> Stage(depth=2, width=80, group=24).compatible()
            Stage(depth=2, width=72, group=24, ratio=1)
        """
        inner = max(1, self.width // self.ratio)
        group = min(self.group, inner)
        inner = max(group, round(inner / group) * group)
        return Stage(depth=self.depth, width=inner * self.ratio, group=group, ratio=self.ratio)


def to_quantum(width: float) -> int:
    """The nearest multiple of eight, half rounded to even."""
    return QUANTUM * round(width / QUANTUM)


def stage_network(
    task: Task, stages: Sequence[Stage], *, stem: int, strides: Sequence[int], se: bool
) -> Graph:
    """Stem, stages and head.

    Args:
        task: Input and classes.
        stages: The stages; their widths are made compatible with their groups.
        stem: Channels of the first convolution.
        strides: Strides of the stem, and of the first block of each stage; extra ones are ignored.
        se: Whether blocks have squeeze and excitation (Y), or not (X).
    """
    b = GraphBuilder()
    x = b.input((1, task.channels, task.resolution, task.resolution))
    with b.scope("stem"):
        x = b.relu(conv_bn(b, x, stem, 3, stride=strides[0]))
    for number, stage in enumerate(stages):
        for index in range(stage.depth):
            stride = 1 if index else strides[number + 1]
            with b.scope(f"stage{number}.block{index}"):
                x = _block(b, x, stage.compatible(), stride, se=se)
    return b.build(b.classifier(x, task.classes))


def check_reductions(space: str, stages: int, reductions: int) -> None:
    """Raise unless the stages and the stem can halve the resolution ``reductions`` times.

    Raises:
        ConfigError: They cannot.
    """
    if reductions > stages + 1:
        raise ConfigError(
            f"space {space!r}: {stages} stages and the stem can halve the resolution "
            f"{stages + 1} times, got reductions={reductions}"
        )


def strides_for(stages: int, reductions: int) -> list[int]:
    """Strides of the stem and of the stages, of which the last ``reductions`` are 2.

    Example:
        >>> strides_for(3, 2)
        [1, 1, 2, 2]
    """
    return [1 if place <= stages - reductions else 2 for place in range(stages + 1)]


def _block(b: GraphBuilder, x: Value, stage: Stage, stride: int, *, se: bool) -> Value:
    """Residual bottleneck with a grouped convolution: (B, C, H, W) -> (B, width, H/s, W/s).

    Squeeze and excitation reduces to a quarter of the block's input channels, not of the gated
    ones.
    """
    inner = stage.width // stage.ratio
    with b.scope("first"):
        y = b.relu(conv_bn(b, x, inner, 1))
    with b.scope("second"):
        y = b.conv2d(y, inner, 3, stride=stride, groups=inner // stage.group, name="conv")
        y = b.relu(b.batch_norm(y, name="norm"))
    if se:
        y = squeeze_excite(b, y, max(1, round(x.channels * _SQUEEZE)))
    with b.scope("third"):
        y = conv_bn(b, y, stage.width, 1)
    if stride > 1 or x.channels != stage.width:
        with b.scope("shortcut"):
            x = conv_bn(b, x, stage.width, 1, stride=stride)
    return b.relu(b.add(x, y))


def quantised_widths(depth: int, w0: float, wa: float, wm: float, most: int) -> list[int]:
    """Width of each block: u_j = w0 + wa j, rounded to the nearest w0 wm^s, and that to eights.

    Powers from ``most`` on become the last one below, so there are at most ``most`` widths.

    Example:
        >>> quantised_widths(depth=5, w0=24, wa=36.44, wm=2.49, most=4)
        [24, 56, 152, 152, 152]
    """
    powers = (round(math.log((w0 + wa * j) / w0) / math.log(wm)) for j in range(depth))
    return [to_quantum(w0 * wm ** min(power, most - 1)) for power in powers]

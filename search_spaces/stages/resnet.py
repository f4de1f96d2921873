"""Small residual and plain networks: one to a few stages of dense convolutions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from nas.analysis.cost import cost
from nas.graph.blocks import conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.graph.ops.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from search_spaces.macro import MacroSizes, check_image_space, check_maximum, for_resolution
from search_spaces.registry import register
from search_spaces.stages.block import bottleneck, plain, residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task

    Block = Callable[[GraphBuilder, Value, int, int, int], Value]

BLOCKS: dict[str, Block] = {
    "plain": plain,
    "residual": residual,
    "bottleneck": partial(bottleneck, expansion=2),
}
WIDTHS = (1, 1.5, 2)
"""Multiples of the channels of the space, which double whenever the resolution is halved."""
STEM: dict[str, tuple[float, ...]] = {"width": WIDTHS, "kernel": (3, 5, 7), "stride": (1, 2)}
STAGE: dict[str, tuple[Any, ...]] = {
    "width": WIDTHS,
    "kernel": (3, 5),
    "block": tuple(BLOCKS),
    "reduce": (False, True),
}
"""Choices of each stage beside its depth."""
POOLINGS = {"mean": AdaptiveAvgPool2d(), "max": AdaptiveMaxPool2d()}

MAPS = 6
"""Feature maps in memory for each convolution of the budget.

Beyond it memory determines the time of a training step on a CPU: wide layers of few
multiply-accumulates take as long as narrow ones of many."""

_MOST_STAGES = 16
"""Stages that halve the resolution double the width, up to a factor of 2^16."""

_LEAST_STEP = 0.97
"""Largest factor between two widths that are tried."""
_NARROWEST = 2
"""Channels below which nothing is narrowed."""
_KEPT = 1024
"""Networks that are kept for the next trial with the same choices."""
_SMALL = {"": (3, 1, 1, 1), ", stem stride 2": (3, 2, 1, 1)}
_LARGE = {"": (7, 2, 2, 0)}
"""ResNets: kernel, stride and width of the stem, and stages before the first reduction."""
_SIZES: dict[float, MacroSizes] = {
    28: {"channels": 6, "max_depth": 2, "budget": 6},
    96: {},
    math.inf: {"stages": 4, "max_depth": 2, "budget": 16},
}


@register
@dataclass(frozen=True, kw_only=True)
class ResNet(SearchSpace):
    """A stem, stages of equal blocks, and a head.

    The stem is a convolution with batch norm and ReLU. Each stage has a width, a depth, a kernel,
    and a kind of block: plain, residual or bottleneck (half of the channels inside); its first
    block may halve the resolution.
    The head takes the mean or the maximum over all positions. All convolutions are dense, since a
    multiply-accumulate of a depthwise one takes a CPU two to three times longer.

    A network that exceeds the budget of multiply-accumulates or memory is narrowed: all its widths
    are multiplied by one factor and rounded down. So architectures differ in how they use the
    budget, and all of them train fast.

    Attributes:
        channels: Least width at the resolution of the images, before a network is narrowed; it
            doubles whenever the resolution is halved.
        stages: Largest number of stages.
        max_depth: Largest number of blocks of a stage.
        budget: Largest number of multiply-accumulates of a network, in 3x3 convolutions from
            ``channels`` to ``channels`` channels at the resolution of the images. The memory of
            its activations is limited to :data:`MAPS` times as many outputs of one of these.

    Example:
        >>> from nas.task.task import Task
        >>> space = ResNet(task=Task(classes=10, channels=3, resolution=32))
        >>> list(space.known())
        ['ResNet-8', 'ResNet-14', 'ResNet-20', 'ResNet-8, stem stride 2', ...]
    """

    name: ClassVar[str] = "resnet"
    description: ClassVar[str] = "ResNets: stages of plain, residual or bottleneck convolutions"
    source: ClassVar[str] = "He, Zhang, Ren & Sun, Deep Residual Learning, CVPR 2016"

    channels: int = 16
    stages: int = 3
    max_depth: int = 3
    budget: int = 18

    def __post_init__(self) -> None:
        check_image_space(self)
        check_maximum(self, "stages", _MOST_STAGES)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        return within_budget(self, self._drawn(trial))

    def known(self) -> dict[str, dict[str, Any]]:
        """ResNets of all stages that fit the budget, by their number of layers.

        For small images the stages from the second on halve the resolution and double the width,
        and a stem of stride 2 makes room for the double width. For large ones, with four stages
        or more, the stem and all stages halve it: the first one in place of the published pooling.
        """
        designs = _LARGE if self.stages > 3 else _SMALL
        found = {
            f"ResNet-{2 * self.stages * depth + 2}{suffix}": self._resnet(depth, *design)
            for suffix, design in designs.items()
            for depth in range(1, self.max_depth + 1)
        }
        return {name: params for name, params in found.items() if self._holds(params)}

    def size(self) -> int:
        stem = math.prod(map(len, STEM.values())) * len(POOLINGS)
        stage = math.prod(map(len, STAGE.values())) * self.max_depth
        return int(stem * sum(stage**count for count in range(1, self.stages + 1)))

    def _drawn(self, trial: Trial) -> _Design:
        choose = trial.suggest_categorical
        stem = {name: choose(f"stem.{name}", choices) for name, choices in STEM.items()}
        pooling = choose("pooling", tuple(POOLINGS))
        scale = self.channels * stem["stride"]
        stem_width = int(scale * stem["width"])
        stages = []
        for number in range(trial.suggest_int("stages", 1, self.stages)):
            depth = trial.suggest_int(f"stage{number}.depth", 1, self.max_depth)
            chosen = {name: choose(f"stage{number}.{name}", STAGE[name]) for name in STAGE}
            scale *= 2 if chosen["reduce"] else 1
            width = int(scale * chosen.pop("width"))
            stages.append(_Stage(depth=depth, width=width, **chosen))
        return _Design(
            width=stem_width,
            kernel=stem["kernel"],
            stride=stem["stride"],
            stages=tuple(stages),
            pooling=pooling,
        )

    def _holds(self, params: dict[str, Any]) -> bool:
        """Whether a network is within the budget, so that it is not narrowed."""
        return self._excess(self._drawn(ReplayTrial(params)).graph(self.task)) <= 1

    def _excess(self, graph: Graph) -> float:
        """The cost of a network as a multiple of the budget."""
        spent, size = cost(graph), self.channels * self.task.resolution**2
        macs = self.budget * 9 * self.channels * size
        memory = self.budget * MAPS * 4 * size
        return max(spent.macs / macs, spent.activation_bytes / memory)

    def _resnet(
        self, depth: int, kernel: int, stride: int, width: int, unreduced: int
    ) -> dict[str, Any]:
        """A residual network; its first ``unreduced`` stages keep the resolution."""
        params: dict[str, Any] = {
            "stem.width": width,
            "stem.kernel": kernel,
            "stem.stride": stride,
            "pooling": "mean",
            "stages": self.stages,
        }
        for number in range(self.stages):
            stage = {
                "depth": depth,
                "width": 1,
                "kernel": 3,
                "block": "residual",
                "reduce": number >= unreduced,
            }
            params |= {f"stage{number}.{name}": value for name, value in stage.items()}
        return params


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """Equal blocks, of which the first may halve the resolution."""

    depth: int
    width: int
    kernel: int
    block: str
    reduce: bool


@dataclass(frozen=True, kw_only=True)
class _Design:
    """A whole network: the stem's width, kernel and stride, the stages, the head's pooling."""

    width: int
    kernel: int
    stride: int
    stages: tuple[_Stage, ...]
    pooling: str

    @property
    def widest(self) -> int:
        """The largest width of the stem and the stages."""
        return max(self.width, *(stage.width for stage in self.stages))

    def narrowed(self, factor: float) -> _Design:
        """The same network with all widths times a factor, rounded down to 2 or more."""

        def narrow(width: int) -> int:
            return max(min(width, _NARROWEST), int(width * factor))

        stages = (replace(stage, width=narrow(stage.width)) for stage in self.stages)
        return replace(self, width=narrow(self.width), stages=tuple(stages))

    def graph(self, task: Task) -> Graph:
        """The network for a task."""
        b = GraphBuilder()
        x = b.input((1, task.channels, task.resolution, task.resolution))
        with b.scope("stem"):
            x = b.relu(conv_bn(b, x, self.width, self.kernel, stride=self.stride))
        for number, stage in enumerate(self.stages):
            block = BLOCKS[stage.block]
            for index in range(stage.depth):
                with b.scope(f"stage{number}.block{index}"):
                    stride = 2 if stage.reduce and not index else 1
                    x = block(b, x, stage.width, stage.kernel, stride)
        x = b.flatten(b.op(POOLINGS[self.pooling], x, name="pool"))
        return b.build(b.op(Linear(out_features=task.classes, head=True), x, name="classifier"))


@lru_cache(maxsize=_KEPT)
def within_budget(space: ResNet, design: _Design) -> Graph:
    """The network with all widths times the largest factor tried that fits the budget.

    Cached, as a search that converges asks for the same designs many times.
    """
    factor, fitting = 1.0, design
    graph = fitting.graph(space.task)
    while fitting.widest > _NARROWEST and (excess := space._excess(graph)) > 1:
        factor *= min(1 / math.sqrt(excess), _LEAST_STEP)
        fitting = design.narrowed(factor)
        graph = fitting.graph(space.task)
    return graph

"""AnyNet: the design spaces from which RegNet was derived."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.space.search_space import SearchSpace
from search_spaces.macro import (
    MacroSizes,
    check_choice,
    check_image_space,
    check_minimum,
    for_resolution,
)
from search_spaces.registry import register
from search_spaces.stages.stage import (
    QUANTUM,
    Stage,
    check_reductions,
    stage_network,
    strides_for,
    to_quantum,
)

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task

RATIOS = (1, 2, 4)
GROUPS = (1, 2, 4, 8, 16, 32)

_SMALL: MacroSizes = {"stem": 16, "stages": 3, "reductions": 2}
_SIZES: dict[float, MacroSizes] = {
    16: {**_SMALL, "max_depth": 4, "max_width": 64},
    64: {**_SMALL, "max_depth": 6, "max_width": 128},
    math.inf: {},
}


@dataclass(frozen=True)
class Variant:
    """Restrictions of a space's networks; all else is free in each stage.

    Attributes:
        one_ratio: All stages have the same bottleneck ratio.
        one_group: All stages have the same group width.
        rising_width: No stage is narrower than the one before.
        rising_depth: No stage is shallower than the one before.
    """

    one_ratio: bool = False
    one_group: bool = False
    rising_width: bool = False
    rising_depth: bool = False


VARIANTS = {
    "A": Variant(),
    "B": Variant(one_ratio=True),
    "C": Variant(one_ratio=True, one_group=True),
    "D": Variant(one_ratio=True, one_group=True, rising_width=True),
    "E": Variant(one_ratio=True, one_group=True, rising_width=True, rising_depth=True),
}


@register
@dataclass(frozen=True, kw_only=True)
class AnyNet(SearchSpace):
    """Stages with a depth, a width, a bottleneck ratio and a group width each.

    From A to E the space gets smaller and its networks better. Depths and widths are drawn
    log-uniformly, widths rounded to the nearest multiple of eight. Rising depths or widths are
    drawn freely and sorted. The result has the same distribution as rejecting the networks of C
    that do not rise, and every choice is a network.

    A proxy is the space at a lower resolution: smaller widths would make several networks equal.

    Attributes:
        variant: ``A`` to ``E``, see :data:`VARIANTS`.
        se: Whether blocks have squeeze and excitation.
        stem: Channels of the first convolution.
        stages: Number of stages.
        reductions: Number of halvings of the resolution: by the last stages and, if these are not
            enough, by the stem.
        max_depth: Largest number of blocks of a stage.
        max_width: Widest stage.

    Example:
        >>> from nas.task.task import Task
        >>> space = AnyNet(task=Task(classes=1000, channels=3, resolution=224), variant="C")
        >>> f"{space.size():.1e}"
        '3.2e+14'
    """

    name: ClassVar[str] = "anynet"
    description: ClassVar[str] = "AnyNetX and Y, A to E: stages of any depth, width and groups"
    source: ClassVar[str] = "Radosavovic, Kosaraju, Girshick, He & Dollar, CVPR 2020"

    variant: str = "A"
    se: bool = False
    stem: int = 32
    stages: int = 4
    reductions: int = 5
    max_depth: int = 16
    max_width: int = 1024

    def __post_init__(self) -> None:
        check_image_space(self)
        check_choice(self, "variant", VARIANTS)
        check_minimum(self, "max_width", QUANTUM)
        check_reductions(self.name, self.stages, self.reductions)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        rule, stages = VARIANTS[self.variant], range(self.stages)
        depths = [trial.suggest_int(f"depth{i}", 1, self.max_depth, log=True) for i in stages]
        widths = [
            to_quantum(trial.suggest_int(f"width{i}", QUANTUM, self.max_width, log=True))
            for i in stages
        ]
        ratios = self._chosen(trial, "ratio", RATIOS, one=rule.one_ratio)
        groups = self._chosen(trial, "group", GROUPS, one=rule.one_group)
        rows = zip(
            sorted(depths) if rule.rising_depth else depths,
            sorted(widths) if rule.rising_width else widths,
            groups,
            ratios,
            strict=True,
        )
        return stage_network(
            self.task,
            [Stage(depth=d, width=w, group=g, ratio=r) for d, w, g, r in rows],
            stem=self.stem,
            strides=strides_for(self.stages, self.reductions),
            se=self.se,
        )

    def known(self) -> dict[str, dict[str, Any]]:
        """A ResNet of bottlenecks, the last stage as wide as any, each half as wide as the next.

        A group holds all inner channels of a block where the groups are large enough; otherwise
        the network is a ResNeXt.
        """
        stages, depth = range(self.stages), min(3, self.max_depth)
        widths = [max(QUANTUM, self.max_width // 2 ** (self.stages - 1 - i)) for i in stages]
        kind = "ResNet" if widths[-1] // RATIOS[-1] <= GROUPS[-1] else "ResNeXt"
        rule = VARIANTS[self.variant]
        params: dict[str, Any] = {f"depth{i}": depth for i in stages}
        params |= {f"width{i}": width for i, width in enumerate(widths)}
        for name, choice, one in (
            ("ratio", RATIOS[-1], rule.one_ratio),
            ("group", GROUPS[-1], rule.one_group),
        ):
            params |= {name: choice} if one else {f"{name}{i}": choice for i in stages}
        return {f"{kind}-{3 * depth * self.stages + 2}": params}

    def size(self) -> int:
        """Number of designs; choices that sort to the same widths or depths count once."""
        rule, stages = VARIANTS[self.variant], self.stages
        depths, widths = self.max_depth, to_quantum(self.max_width) // QUANTUM
        factors = (
            _rising(depths, stages) if rule.rising_depth else depths**stages,
            _rising(widths, stages) if rule.rising_width else widths**stages,
            len(RATIOS) ** (1 if rule.one_ratio else stages),
            len(GROUPS) ** (1 if rule.one_group else stages),
        )
        return math.prod(factors)

    def _chosen(
        self, trial: Trial, name: str, choices: tuple[int, ...], *, one: bool
    ) -> list[int]:
        """A choice for each stage, or the same one for all."""
        if one:
            return [trial.suggest_categorical(name, choices)] * self.stages
        return [trial.suggest_categorical(f"{name}{i}", choices) for i in range(self.stages)]


def _rising(values: int, length: int) -> int:
    """Number of non-decreasing sequences."""
    return math.comb(values + length - 1, length)

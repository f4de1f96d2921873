"""RegNet: networks whose widths follow a quantised line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError, nearest
from nas.space.search_space import SearchSpace
from search_spaces.macro import MacroSizes, check_image_space, check_minimum, for_resolution
from search_spaces.registry import register
from search_spaces.stages.published import PUBLISHED
from search_spaces.stages.stage import (
    QUANTUM,
    Stage,
    check_reductions,
    quantised_widths,
    stage_network,
    strides_for,
    to_quantum,
)

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task

_SMALL: MacroSizes = {"stem": 16, "stages": 3, "reductions": 2, "min_depth": 3}
_SIZES: dict[float, MacroSizes] = {
    16: {**_SMALL, "max_depth": 12, "max_width": 32},
    64: {**_SMALL, "max_depth": 16, "max_width": 64},
    math.inf: {},
}
_SLOPES = 40
"""Ratio of the steepest to the flattest slope."""


@register
@dataclass(frozen=True, kw_only=True)
class RegNet(SearchSpace):
    """RegNetX, and with squeeze and excitation RegNetY.

    Block j has the width u_j = w0 + wa j, rounded to the nearest power w0 wm^s, and that to a
    multiple of eight; blocks of equal width are a stage. pycls rejects networks without exactly
    four stages. Here every choice is a network: powers beyond the last stage become the last one,
    and lines that skip a power, or end before the last one, have fewer stages. ``w0`` is rounded
    to the nearest multiple of eight, and so is ``group``, below eight to the nearest power of two.
    As in pycls, all numbers except the depth are drawn log-uniformly.

    A proxy is the space at a lower resolution: smaller widths would make several networks equal.

    Attributes:
        se: Whether blocks have squeeze and excitation.
        stem: Channels of the first convolution.
        stages: Largest number of stages.
        reductions: Number of halvings of the resolution in a network with all stages: by the last
            ones and, if these are not enough, by the stem.
        min_depth: Smallest number of blocks.
        max_depth: Largest number of blocks.
        max_width: Largest w0, wa and group; the default includes all published networks.

    Example:
        >>> from nas.analysis.cost import cost
        >>> from nas.task.task import Task
        >>> space = RegNet(task=Task(classes=1000, channels=3, resolution=224))
        >>> f"{cost(space.graph('RegNetX-400MF')).params:,}"
        '5,157,512'
    """

    name: ClassVar[str] = "regnet"
    description: ClassVar[str] = "RegNetX and Y: widths on a quantised line, one group width"
    source: ClassVar[str] = "Radosavovic, Kosaraju, Girshick, He & Dollar, CVPR 2020"

    se: bool = False
    stem: int = 32
    stages: int = 4
    reductions: int = 5
    min_depth: int = 12
    max_depth: int = 28
    max_width: int = 320

    def __post_init__(self) -> None:
        check_image_space(self)
        check_minimum(self, "max_depth", self.min_depth)
        check_minimum(self, "max_width", QUANTUM)
        check_reductions(self.name, self.stages, self.reductions)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        most = self.max_width
        depth = trial.suggest_int("depth", self.min_depth, self.max_depth)
        w0 = to_quantum(trial.suggest_int("w0", QUANTUM, most, log=True))
        wa = trial.suggest_float("wa", most / _SLOPES, most, log=True)
        wm = trial.suggest_float("wm", 1.5, 3.0, log=True)
        group = _whole_group(trial.suggest_int("group", 1, most, log=True))
        widths = quantised_widths(depth, w0, wa, wm, self.stages)
        return stage_network(
            self.task,
            [Stage(depth=len(list(run)), width=w, group=group) for w, run in groupby(widths)],
            stem=self.stem,
            strides=strides_for(self.stages, self.reductions),
            se=self.se,
        )

    def known(self) -> dict[str, dict[str, Any]]:
        """The published RegNets that the space holds.

        Where there are fewer than the published four stages, or it holds none of them, it is the
        smallest one, its line scaled down to the widths of the space and its depth limited.
        """
        names = [name for name in PUBLISHED if name.startswith("RegNetY") == self.se]
        held = {name: published(name) for name in names if self._holds(published(name))}
        if held and self.stages >= 4:
            return held
        return {f"{names[0]}, scaled": self._scaled(published(names[0]))}

    def _holds(self, design: dict[str, Any]) -> bool:
        """Whether all numbers of a design are among those of the space."""
        depth, w0, wa, _, group = design.values()
        in_depth = self.min_depth <= depth <= self.max_depth
        return bool(in_depth and max(w0, wa, group) <= self.max_width <= _SLOPES * wa)

    def _scaled(self, design: dict[str, Any]) -> dict[str, Any]:
        """A design with its widths times one factor, within the numbers of the space."""
        widest = max(design["w0"], design["wa"], design["group"])
        factor = min(1.0, self.max_width / widest)
        return {
            **design,
            "depth": max(self.min_depth, min(design["depth"], self.max_depth)),
            "w0": max(QUANTUM, int(design["w0"] * factor)),
            "wa": max(self.max_width / _SLOPES, design["wa"] * factor),
            "group": max(1, int(design["group"] * factor)),
        }

    def decode(self, text: str) -> dict[str, Any]:
        """The parameters of a JSON object, or of a published network's name.

        Raises:
            EncodingError: It is neither, or names a network with other blocks.
        """
        name = text.strip()
        if not name.startswith("RegNet"):
            return super().decode(text)
        if name.startswith("RegNetY") != self.se:
            raise EncodingError(
                f"{name!r} is not a network of RegNet{'Y' if self.se else 'X'}",
                hint=f"It is one of regnet:se={'false' if self.se else 'true'}.",
            )
        return published(name)


def published(name: str) -> dict[str, Any]:
    """The parameters of a published RegNetX or RegNetY.

    Raises:
        EncodingError: There is none of that name.

    Example:
        >>> published("RegNetX-400MF")
        {'depth': 22, 'w0': 24, 'wa': 24.48, 'wm': 2.54, 'group': 16}
    """
    if name not in PUBLISHED:
        raise EncodingError(
            f"there is no published network {name!r}",
            hint=nearest(name, PUBLISHED) or f"There are {', '.join(PUBLISHED)}.",
        )
    return dict(zip(("depth", "w0", "wa", "wm", "group"), PUBLISHED[name], strict=True))


def _whole_group(size: int) -> int:
    """The nearest size of a group: a multiple of eight or, below eight, a power of two."""
    return to_quantum(size) if size >= QUANTUM else int(2 ** round(math.log2(size)))

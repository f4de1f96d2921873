"""MnasNet: seven stages of inverted residuals, each with choices of its own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from nas.errors import EncodingError
from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from search_spaces.macro import MacroSizes, check_image_space, check_maximum, for_resolution
from search_spaces.registry import register
from search_spaces.stages.inverted_residual import conv_norm_act, divisible, inverted_residual

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

EXPANSIONS = (1, 4, 6)
KERNELS = (3, 5)
DEPTHS = (3, 3, 3, 3, 3, 4, 3)
"""Largest number of blocks of each stage."""
WIDTHS = (1, 1.5, 2.5, 5, 7, 12, 20)
"""Widths of the stages as multiples of the first; the stem has twice its width."""

_STEM = 2
_HEAD = 80
_HALVING = (0, 2, 3, 4, 6)
"""Places that halve the resolution: 0 is the stem, 1 the first stage."""
_FUNCTION = "silu"
_PUBLISHED: MacroSizes = {"channels": 16, "reductions": 5}
_SIZES: dict[float, MacroSizes] = {
    16: {"channels": 4, "reductions": 2},
    64: {"channels": 8, "reductions": 3},
    math.inf: {},
}

_KNOWN = {
    "EfficientNet-B0": "e1k3l1se,e6k3l2se,e6k5l2se,e6k3l3se,e6k5l3se,e6k5l4se,e6k3l1se",
    "MnasNet-A1, nearest": "e1k3l1,e6k3l2,e4k5l3se,e6k3l3,e6k3l2se,e6k5l3se,e6k3l1",
    "MnasNet-B1, nearest": "e1k3l1,e4k3l3,e4k5l3,e6k5l3,e6k3l2,e6k5l4,e6k3l1",
    "MobileNetV2, nearest": "e1k3l1,e6k3l2,e6k3l3,e6k3l3,e6k3l3,e6k3l3,e6k3l1",
}
_STAGE = re.compile(r"e([0-9]{1,3})k([0-9]{1,3})l([0-9]{1,3})(se)?")


@register
@dataclass(frozen=True, kw_only=True)
class MnasNet(SearchSpace):
    """A stem, seven stages of inverted residuals, and a head, as in Accel-NASBench.

    Each stage has an expansion, a kernel, a number of blocks, and squeeze and excitation or not
    (the paper calls it a block of layers). Widths and strides are those of EfficientNet-B0, and
    the non-linearity is SiLU, as in the networks that Accel-NASBench trains. Their dropout and
    stochastic depth are left out. The benchmark's definition has up to four blocks in the sixth
    stage and three in the others; the networks that it has trained have at most three.

    The notation lists the stages: ``e6k5l2se`` are two blocks of kernel 5 and expansion 6 with
    squeeze and excitation.

    Attributes:
        channels: Width of the first stage. The other widths are multiples of it, and all are
            rounded to multiples of eight.
        reductions: Number of halvings of the resolution: by the last stages that halve it for
            photos and, if these are not enough, by the stem.

    Example:
        >>> from nas.analysis.cost import cost
        >>> from nas.task.task import Task
        >>> space = MnasNet(task=Task(classes=1000, channels=3, resolution=224))
        >>> f"{cost(space.graph(space.known()['EfficientNet-B0'])).params:,}"
        '5,288,548'
    """

    name: ClassVar[str] = "mnasnet"
    description: ClassVar[str] = "MnasNet: seven stages of inverted residuals, four choices each"
    source: ClassVar[str] = (
        "Tan et al., MnasNet, CVPR 2019; Ahmad, Du, Xie & Zhang, Accel-NASBench, DAC 2024"
    )
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 8}

    channels: int = 16
    reductions: int = 5

    def __post_init__(self) -> None:
        check_image_space(self)
        check_maximum(self, "reductions", len(_HALVING))

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        halving = _HALVING[-self.reductions :]
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        with b.scope("stem"):
            stride = 2 if 0 in halving else 1
            x = conv_norm_act(b, x, self._width(_STEM), 3, stride, function=_FUNCTION)
        for number, width in enumerate(WIDTHS):
            stage = _suggest(trial, number)
            for index in range(stage.depth):
                with b.scope(f"stage{number}.block{index}"):
                    x = inverted_residual(
                        b,
                        x,
                        self._width(width),
                        stage.kernel,
                        2 if number + 1 in halving and not index else 1,
                        expansion=stage.expansion,
                        function=_FUNCTION,
                        se=stage.se,
                    )
        with b.scope("last"):
            x = conv_norm_act(b, x, self._width(_HEAD), 1, function=_FUNCTION)
        return b.build(b.classifier(x, self.task.classes))

    def encode(self, params: Params) -> str:
        """The stages in order, as ``e6k5l2`` or, with squeeze and excitation, ``e6k5l2se``."""
        stages = []
        for number in range(len(DEPTHS)):
            expansion, kernel, depth, se = (
                params[f"stage{number}.{name}"] for name in _Stage._fields
            )
            stages.append(f"e{expansion}k{kernel}l{depth}{'se' if se else ''}")
        return ",".join(stages)

    def decode(self, text: str) -> dict[str, Any]:
        stages = [stage.strip() for stage in text.split(",")]
        if len(stages) != len(DEPTHS):
            raise EncodingError(
                f"expected {len(DEPTHS)} stages joined by commas, got {len(stages)} in "
                f"{text[:80]!r}",
                hint=f"The form is {_KNOWN['EfficientNet-B0']}.",
            )
        params: dict[str, Any] = {}
        for number, stage in enumerate(stages):
            found = _STAGE.fullmatch(stage)
            if found is None:
                raise EncodingError(
                    f"expected stage {number} as e6k5l2 or e6k5l2se, got {stage[:80]!r}",
                    hint="The letters mean expansion, kernel, layers, squeeze and excitation.",
                )
            expansion, kernel, depth, se = found.groups()
            params |= _Stage(int(expansion), int(kernel), int(depth), bool(se)).params(number)
        return params

    def known(self) -> dict[str, dict[str, Any]]:
        """EfficientNet-B0, and the choices nearest to those of MnasNet-A1, B1 and MobileNetV2.

        Only EfficientNet-B0 has the widths of this space. For the others an expansion of 3 becomes
        4, and four blocks become three outside the sixth stage.
        """
        scaled = "" if self.macro() == _PUBLISHED else ", scaled"
        return {f"{name}{scaled}": self.decode(text) for name, text in _KNOWN.items()}

    def size(self) -> int:
        return math.prod(len(EXPANSIONS) * len(KERNELS) * 2 * depth for depth in DEPTHS)

    def _width(self, multiple: float) -> int:
        return divisible(self.channels * multiple)


class _Stage(NamedTuple):
    """The choices of one stage."""

    expansion: int
    kernel: int
    depth: int
    se: bool

    def params(self, number: int) -> dict[str, Any]:
        """The choices by the names of parameters."""
        return {f"stage{number}.{name}": value for name, value in self._asdict().items()}


def _suggest(trial: Trial, number: int) -> _Stage:
    return _Stage(
        expansion=trial.suggest_categorical(f"stage{number}.expansion", EXPANSIONS),
        kernel=trial.suggest_categorical(f"stage{number}.kernel", KERNELS),
        depth=trial.suggest_int(f"stage{number}.depth", 1, DEPTHS[number]),
        se=trial.suggest_categorical(f"stage{number}.se", (False, True)),
    )


def from_numbers(numbers: Sequence[int]) -> dict[str, Any]:
    """The parameters of an architecture in Accel-NASBench's tables.

    Args:
        numbers: Of each of the seven stages the expansion, the kernel, the number of blocks, and 1
            or 0 for squeeze and excitation: the benchmark's ``block0_e``, ``block0_k``,
            ``block0_l``, ``block0_se``, ``block1_e`` and so on.

    Returns:
        Parameters of :class:`MnasNet`; whether they fit is checked when they are built.

    Raises:
        EncodingError: There are more or fewer than 28 numbers.

    Example:
        >>> from_numbers([1, 3, 1, 0] + 6 * [6, 5, 2, 1])
        {'stage0.expansion': 1, 'stage0.kernel': 3, 'stage0.depth': 1, 'stage0.se': False, ...}
    """
    choices = len(_Stage._fields)
    expected = choices * len(DEPTHS)
    if len(numbers) != expected:
        raise EncodingError(
            f"expected {expected} numbers, {choices} of each stage, got {len(numbers)}"
        )
    params: dict[str, Any] = {}
    for number in range(len(DEPTHS)):
        expansion, kernel, depth, se = numbers[choices * number : choices * (number + 1)]
        gated: Any = bool(se) if se in (0, 1) else se  # other numbers are refused when built
        params |= _Stage(expansion, kernel, depth, gated).params(number)
    return params

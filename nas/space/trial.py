"""Trials that build architectures without a study: replayed, sampled or mutated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nas.errors import ConfigError, EncodingError
from nas.space.choices import Choices, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

OptionValue = str | int | float | bool | None

_FEW = 8
_PARTS = (-0.1, -0.01, 0.01, 0.1)
"""Of a range: how far neighbours in it are."""


class Trial(Protocol):
    """The part of ``optuna.Trial`` that describes an architecture."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """A whole number in [low, high]."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number in [low, high]."""


class ReplayTrial:
    """Uses given values where they are valid, and draws the others.

    Attributes:
        params: Every value suggested, in the order of suggestion.
        distributions: The distribution of each value.

    Args:
        given: Values by parameter name.
        rng: Draws values that are missing, or invalid because an earlier choice changed. Without
            it, a missing or invalid value is an error.
    """

    def __init__(self, given: Mapping[str, Any], rng: np.random.Generator | None = None) -> None:
        self._given = given
        self._rng = rng
        self.params: dict[str, Any] = {}
        self.distributions: dict[str, BaseDistribution] = {}

    @property
    def may_draw(self) -> bool:
        """Whether values that are missing or invalid are drawn."""
        return self._rng is not None

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """The given choice, or a uniform draw."""
        found = Choices.of(name, choices)
        given = found.kept_for(self._given.get(name))
        return found.meant_by(self._suggest(name, found.kept, given))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """The given number, or a draw uniform in the value or its logarithm."""
        distribution = IntDistribution(low, high, log=log, step=step)
        return int(self._suggest(name, distribution, plain(self._given.get(name))))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """The given number, or a draw uniform in the value or its logarithm."""
        distribution = FloatDistribution(low, high, log=log, step=step)
        return float(self._suggest(name, distribution, plain(self._given.get(name))))

    def _suggest(self, name: str, distribution: BaseDistribution, given: Any) -> Any:
        if name in self.params:
            return self._again(name, distribution)
        if name in self._given and contains(distribution, given):
            value = normal(distribution, given)
        elif self._rng is not None:
            value = draw(distribution, self._rng)
        elif name in self._given:
            raise EncodingError(
                f"parameter {name!r} is {self._given[name]!r}; expected {describe(distribution)}"
            )
        else:
            raise EncodingError(
                f"parameter {name!r} is missing; expected {describe(distribution)}"
            )
        self.params[name] = value
        self.distributions[name] = distribution
        return value

    def _again(self, name: str, distribution: BaseDistribution) -> Any:
        """The value that a parameter already has; Optuna's own trials also return it."""
        if distribution != self.distributions[name]:
            raise ConfigError(
                f"parameter {name!r} is suggested twice, once {describe(self.distributions[name])}"
                f" and once {describe(distribution)}",
                hint="Give one of them another name.",
            )
        return self.params[name]


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Whether a distribution can give this value."""
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except (ValueError, OverflowError):  # the latter for a whole number beyond the floats
        return False


def normal(distribution: BaseDistribution, value: Any) -> Any:
    """The value in the type of the distribution: its own choice, an int or a float."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[distribution.choices.index(value)]
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def draw(distribution: BaseDistribution, rng: np.random.Generator) -> Any:
    """A random value: uniform over choices, steps, or the (logarithmic) interval."""
    if isinstance(distribution, CategoricalDistribution):
        choices = distribution.choices
        return choices[rng.integers(len(choices))]
    if isinstance(distribution, IntDistribution):
        low, high, step = distribution.low, distribution.high, distribution.step
        if distribution.log:
            value = math.exp(rng.uniform(math.log(low - 0.5), math.log(high + 0.5)))
            return int(min(max(round(value), low), high))
        return int(low + step * rng.integers((high - low) // step + 1))
    assert isinstance(distribution, FloatDistribution)
    return _draw_float(distribution, rng)


def has_others(distribution: BaseDistribution) -> bool:
    """Whether a distribution has two different values."""
    if isinstance(distribution, CategoricalDistribution):
        return len(_distinct(distribution)) > 1
    return not distribution.single()


def draw_other(distribution: BaseDistribution, value: Any, rng: np.random.Generator) -> Any:
    """A random value other than ``value``; any value if there is no other."""
    if isinstance(distribution, CategoricalDistribution):
        others = [choice for choice in _distinct(distribution) if choice != value]
        return others[rng.integers(len(others))] if others else draw(distribution, rng)
    other = draw(distribution, rng)
    while other == value and has_others(distribution):
        other = draw(distribution, rng)
    return other


def place(distribution: BaseDistribution, value: float) -> float:
    """Where a number lies in its (logarithmic) range: 0 for the lowest, 1 for the highest."""
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = float(distribution.low), float(distribution.high)
    if not low < high:
        return 0.0
    if distribution.log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def neighbours(distribution: BaseDistribution, value: Any) -> list[Any]:
    """The values next to a value, for local search.

    All other choices or, of at most eight numbers, all other numbers; in longer ranges the
    numbers 1 % and 10 % of the (logarithmic) range away.
    """
    if isinstance(distribution, CategoricalDistribution):
        return [choice for choice in _distinct(distribution) if choice != value]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high, step = distribution.low, distribution.high, distribution.step
    if step is not None and not distribution.log and (high - low) / step < _FEW:
        numbers = [low + place * step for place in range(round((high - low) / step) + 1)]
        return [normal(distribution, one) for one in numbers if abs(one - value) > step / 2]
    found = (_moved(distribution, value, part) for part in _PARTS)
    return [one for one in dict.fromkeys(found) if one != value]


def _moved(distribution: IntDistribution | FloatDistribution, value: Any, part: float) -> Any:
    """The number that is a part of the range away, at least one step."""
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        moved = float(value * (high / low) ** part)
    else:
        moved = value + part * (high - low)
    if step is not None:
        steps = round((moved - value) / step) or math.copysign(1, part)
        moved = value + steps * step
    if not low <= moved <= high:
        return value
    return normal(distribution, moved)


def _distinct(distribution: CategoricalDistribution) -> list[Any]:
    """The choices without duplicates; the first of equal ones is kept, as in a replay."""
    choices = distribution.choices
    return [choice for index, choice in enumerate(choices) if choices.index(choice) == index]


def _draw_float(distribution: FloatDistribution, rng: np.random.Generator) -> float:
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    elif step is not None:
        value = low + step * rng.integers(round((high - low) / step) + 1)
    else:
        value = rng.uniform(low, high)
    return float(min(max(value, low), high))  # rounding may leave the interval


def describe(distribution: BaseDistribution) -> str:
    """``one of 'a', 'b'`` or ``a number from 1 to 8``."""
    if isinstance(distribution, CategoricalDistribution):
        return "one of " + ", ".join(map(repr, distribution.choices))
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return f"a number from {distribution.low} to {distribution.high}"

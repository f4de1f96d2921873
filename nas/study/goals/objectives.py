"""Objectives of a search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.analysis.figure import FIGURES, check_name
from nas.errors import ConfigError, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.analysis.figure import Direction

_DIRECTIONS: dict[str, Direction] = {"max": "maximize", "min": "minimize"}


@dataclass(frozen=True)
class Objective:
    """A figure of a candidate and the direction of its optimisation.

    ``score`` is the engine's own ranking; see :class:`nas.evaluate.Estimate`.

    Example:
        >>> Objective.parse("params")
        Objective(name='params', direction='minimize')
        >>> str(Objective.parse("accuracy:max"))
        'accuracy:max'
    """

    name: str
    direction: Direction

    @staticmethod
    def parse(text: str) -> Objective:
        """Read ``NAME`` or ``NAME:max|min``; the default is the usual direction of the figure.

        Raises:
            ConfigError: The name or the direction is unknown.
        """
        name, colon, direction = (part.strip() for part in text.partition(":"))
        check_name(name, FIGURES.in_order(), "objective")
        if not colon:
            return Objective(name, FIGURES.get(name).direction)
        if direction not in _DIRECTIONS:
            raise ConfigError(
                f"objective {text!r} has direction {direction!r}; expected max or min",
                hint=f"Write {name}:max or {name}:min.",
            )
        return Objective(name, _DIRECTIONS[direction])

    def __str__(self) -> str:
        return f"{self.name}:{self.direction[:3]}"

    @property
    def worst(self) -> float:
        """The worst value, plus or minus infinity: that of a candidate without a score."""
        return -math.inf if self.direction == "maximize" else math.inf


def parse_objectives(given: Sequence[str | Objective]) -> tuple[Objective, ...]:
    """Read all objectives from texts; objects of the class are kept.

    Raises:
        ConfigError: There is no objective, one is malformed, or two name the same figure.
    """
    objectives = tuple(
        one if isinstance(one, Objective) else Objective.parse(_text(one)) for one in given
    )
    names = [objective.name for objective in objectives]
    if not names:
        raise ConfigError("a search needs at least one objective, such as 'score:max'")
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"objective {name!r} is given {names.count(name)} times")
    return objectives


def _text(given: object) -> str:
    if isinstance(given, str):
        return given
    raise ConfigError(
        f"expected objectives as texts NAME:max or NAME:min, got {described(given)}",
        hint='nas.search takes functions of a graph as well: objectives=[(function, "max")].',
    )


def values(objectives: Sequence[Objective], figures: Mapping[str, float]) -> list[float]:
    """The value of each objective; the worst value for unknown figures."""
    return [float(figures.get(objective.name, objective.worst)) for objective in objectives]

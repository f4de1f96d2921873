"""Constraints of a search on figures that are known from a candidate's graph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nas.analysis.figure import FIGURES, check_name, graph_figures, known_from
from nas.errors import ConfigError, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.graph import Graph

_FORM = re.compile(
    r"\s*(?P<name>\w+)\s*(?P<relation><=|>=)\s*(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)"
    r"\s*(?P<unit>[a-zA-Zµ]*)\s*"
)


@dataclass(frozen=True)
class Constraint:
    """A limit on an analytic figure.

    Example:
        >>> limit = Constraint.parse("params <= 2M")
        >>> str(limit)
        'params<=2000000'
        >>> limit.violation({"params": 3e6})
        0.5
    """

    name: str
    relation: Literal["<=", ">="]
    limit: float

    @staticmethod
    def parse(text: str) -> Constraint:
        """Read ``NAME<=NUMBER`` or ``NAME>=NUMBER``; the number may end with a unit of the figure.

        Raises:
            ConfigError: The text has another form, or the name is no analytic figure.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ConfigError(
                f"cannot read the constraint {text!r}",
                hint="Write a figure, <= or >=, and a number, such as 'params<=2e6' or "
                "'macs<=40M'.",
            )
        name = match["name"]
        earlier = known_from("graph")
        if name in known_from("weights"):
            raise ConfigError(
                f"constraint {text!r}: {name} is known only after scoring",
                hint=f"Make it an objective, or constrain one of {', '.join(earlier)}.",
            )
        check_name(name, earlier, "constraint")
        units = FIGURES.get(name).units
        if match["unit"].lower() not in units:
            raise ConfigError(
                f"constraint {text!r}: {name} has no unit {match['unit']!r}",
                hint=f"Known: {', '.join(filter(None, units))}.",
            )
        limit = float(match["number"]) * units[match["unit"].lower()]
        if limit <= 0:
            raise ConfigError(f"constraint {text!r}: the limit must be positive")
        return Constraint(name, "<=" if match["relation"] == "<=" else ">=", limit)

    def __str__(self) -> str:
        return f"{self.name}{self.relation}{self.limit:.15g}"

    def violation(self, figures: Mapping[str, float]) -> float:
        """Relative amount by which the limit is missed; zero or less if it holds."""
        excess = figures[self.name] / self.limit - 1
        return excess if self.relation == "<=" else -excess


def parse_constraints(given: Sequence[str | Constraint]) -> tuple[Constraint, ...]:
    """Read all constraints; repeated ones count once.

    Raises:
        ConfigError: A constraint is malformed.
    """
    return tuple(
        dict.fromkeys(
            one if isinstance(one, Constraint) else Constraint.parse(_text(one)) for one in given
        )
    )


def _text(given: object) -> str:
    if isinstance(given, str):
        return given
    raise ConfigError(
        f"expected constraints as texts, got {described(given)}",
        hint='Write for example constraints=["params<=2e6"].',
    )


def violations(
    constraints: Sequence[Constraint], figures: Mapping[str, float]
) -> dict[str, float]:
    """The violation of each constraint by its text."""
    return {str(constraint): constraint.violation(figures) for constraint in constraints}


def satisfied(constraints: Sequence[Constraint], figures: Mapping[str, float]) -> bool:
    """Whether all limits hold."""
    return all(constraint.violation(figures) <= 0 for constraint in constraints)


def is_feasible(constraints: Sequence[Constraint], network: Graph) -> bool:
    """Whether a network satisfies all constraints."""
    return satisfied(constraints, graph_figures(network))

"""Functions of a network as objectives."""

from __future__ import annotations

import math
from contextlib import ExitStack, contextmanager
from numbers import Real
from typing import TYPE_CHECKING, Any

from nas.analysis.figure import FIGURES, Figure
from nas.errors import ConfigError, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nas.analysis.figure import Direction
    from nas.graph.graph import Graph

_DIRECTIONS: dict[object, Direction] = {
    "max": "maximize",
    "maximize": "maximize",
    "min": "minimize",
    "minimize": "minimize",
}


@contextmanager
def registered_functions(objectives: object) -> Iterator[list[Any]]:
    """A block in which functions among the objectives are figures under their own names.

    Args:
        objectives: One or several objectives: a name, or a function of a network with its
            direction, ``(function, "max")``.

    Yields:
        The objectives, each function replaced by its name.

    Raises:
        ConfigError: A function has no direction or no name, or its name is that of a figure.
    """
    given: Sequence[Any] = objectives if isinstance(objectives, list | tuple) else [objectives]
    if _is_pair(given):
        given = [given]
    with ExitStack() as stack:
        named = []
        for objective in given:
            if not (_is_pair(objective) or _is_function(objective)):
                named.append(objective)
                continue
            name, figure = _figure(objective)
            if name in FIGURES:
                raise ConfigError(
                    f"the function {name!r} has the name of an existing figure",
                    hint="Rename the function.",
                )
            stack.enter_context(FIGURES.temporarily(name, figure))
            named.append(name)
        yield named


def _is_pair(objective: object) -> bool:
    return (
        isinstance(objective, list | tuple) and len(objective) == 2 and _is_function(objective[0])
    )


def _is_function(objective: object) -> bool:
    return callable(objective) and not isinstance(objective, type)


def _figure(objective: Any) -> tuple[str, Figure]:
    """The name of a function, and the figure that it measures."""
    function, direction = objective if _is_pair(objective) else (objective, None)
    name = getattr(function, "__name__", type(function).__name__)
    if not name.isidentifier():
        raise ConfigError(
            "a function as an objective needs a name, under which it is recorded, got "
            f"{described(function)}",
            hint="Define it with `def nodes(graph): ...` instead of lambda.",
        )
    if direction not in _DIRECTIONS:
        raise ConfigError(
            f"the function {name!r} as an objective needs a direction, max or min, got "
            f"{described(direction)}",
            hint=f'Write objectives=[({name}, "max")].',
        )
    return name, Figure(direction=_DIRECTIONS[direction], of=_checked(name, function))


def _checked(name: str, function: Callable[[Graph], Any]) -> Callable[[Graph], float]:
    """A user's function with its name in error messages."""

    def figure(graph: Graph) -> float:
        try:
            value = function(graph)
        except Exception as error:
            raise ConfigError(
                f"the objective {name!r} failed: {type(error).__name__}: {error}",
                hint="It is called with one nas.Graph.",
            ) from error
        number = float(value) if isinstance(value, Real) else math.nan
        if math.isnan(number):
            raise ConfigError(
                f"the objective {name!r} must return a number, got {described(value)}"
            )
        return number

    return figure

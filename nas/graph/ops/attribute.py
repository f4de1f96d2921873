"""Checks of the attributes of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import GraphError
from nas.graph.limits import SIZE

if TYPE_CHECKING:
    from nas.graph.op import Op

_TUPLES = {
    1: "a tuple of one whole number",
    2: "two whole numbers",
    3: "three whole numbers",
}


def check_whole(op: Op, *names: str) -> None:
    """Raise unless attributes are positive whole numbers that torch accepts as sizes.

    Raises:
        GraphError: One is not; the message names it.
    """
    for name in names:
        value = getattr(op, name)
        if not _whole((value,), 1):
            raise _fault(op, name, "a positive whole number", value)


def check_pair(op: Op, *names: str, least: int = 1) -> None:
    """Raise unless attributes are two whole numbers (height, width) of at least ``least``.

    Raises:
        GraphError: One is not; the message names it.
    """
    check_sizes(op, *names, count=2, least=least)


def check_sizes(op: Op, *names: str, count: int, least: int = 1) -> None:
    """Raise unless attributes are tuples of ``count`` whole numbers of at least ``least``.

    Raises:
        GraphError: One is not; the message names it.
    """
    for name in names:
        value = getattr(op, name)
        if type(value) is not tuple or len(value) != count or not _whole(value, least):
            raise _fault(op, name, f"{_TUPLES[count]} of at least {least}", value)


def check_shape(op: Op, name: str) -> None:
    """Raise unless an attribute is one or more positive whole numbers.

    Raises:
        GraphError: It is not.
    """
    value = getattr(op, name)
    if type(value) is not tuple or not value or not _whole(value, 1):
        raise _fault(op, name, "one or more positive whole numbers", value)


def check_flag(op: Op, *names: str) -> None:
    """Raise unless attributes are truth values.

    Raises:
        GraphError: One is not; the message names it.
    """
    for name in names:
        if type(getattr(op, name)) is not bool:
            raise _fault(op, name, "True or False", getattr(op, name))


def check_real(op: Op, name: str, low: float, high: float) -> None:
    """Raise unless an attribute is a number in [low, high), and convert it to a float.

    Equal operations then have equal ``repr``, which ``0`` and ``0.0`` have not.

    Raises:
        GraphError: It is not.
    """
    value = getattr(op, name)
    if type(value) not in (int, float) or not low <= value < high:
        raise _fault(op, name, f"a number of at least {low} and below {high}", value)
    object.__setattr__(op, name, float(value))


def _whole(values: tuple[object, ...], least: int) -> bool:
    return all([type(value) is int and least <= value <= SIZE for value in values])


def _fault(op: Op, name: str, expected: str, value: object) -> GraphError:
    numbers = value if isinstance(value, tuple) else (value,)
    if any(type(number) is int and number > SIZE for number in numbers):
        expected = f"at most {SIZE:,}"
    return GraphError(f"{op.kind}: {name} must be {expected}, got {value!r}")

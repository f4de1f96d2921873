"""Arguments and results of calls: tensors inside of tuples, lists, dictionaries and slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

ATOMS = frozenset({bool, float, int, str, type(None)})
"""The most frequent types of arguments that have no parts."""

_SEQUENCES = (tuple, list)


def mapped(part: Any, change: Callable[[Any], Any], kind: type | tuple[type, ...] = Tensor) -> Any:
    """The arguments with every part of some types replaced."""
    if type(part) in ATOMS:
        return part
    if isinstance(part, kind):
        return change(part)
    if isinstance(part, _SEQUENCES):
        parts = [inner if type(inner) in ATOMS else mapped(inner, change, kind) for inner in part]
        if hasattr(part, "_fields"):
            return type(part)(*parts)
        return parts if isinstance(part, list) else tuple(parts)
    if isinstance(part, dict):
        return {key: mapped(inner, change, kind) for key, inner in part.items()}
    if isinstance(part, slice):
        ends = (mapped(end, change, kind) for end in (part.start, part.stop, part.step))
        return slice(*ends)
    return part


def leaves(part: Any) -> list[Any]:
    """The innermost parts of arguments."""
    if type(part) in ATOMS:
        return [part]
    if isinstance(part, slice):
        part = (part.start, part.stop, part.step)
    if isinstance(part, dict):
        part = tuple(part.values())
    if isinstance(part, tuple | list):
        return [leaf for inner in part for leaf in leaves(inner)]
    return [part]

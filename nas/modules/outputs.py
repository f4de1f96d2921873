"""The tensors in the output of a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type, nn.Module)


def tensors_in(output: Any) -> list[Tensor]:
    """The tensors in a module's output, in order.

    They may be in tuples, lists and mappings, and in attributes of objects such as dataclasses,
    with slots or without.
    """
    found: list[Tensor] = []
    seen: set[int] = set()

    def look(part: Any) -> None:
        if isinstance(part, Tensor):
            found.append(part)
            return
        if isinstance(part, _PLAIN) or callable(part) or id(part) in seen:
            return
        seen.add(id(part))
        if isinstance(part, Mapping):
            parts: Any = part.values()
        elif isinstance(part, tuple | list):
            parts = part
        else:
            parts = _fields(part)
        for inner in list(parts):
            look(inner)

    look(output)
    return found


def _fields(part: Any) -> list[Any]:
    """The values of an object's attributes, in slots or in its ``__dict__``."""
    slots = [vars(base).get("__slots__", ()) for base in type(part).__mro__]
    names = [name for own in slots for name in ((own,) if isinstance(own, str) else own)]
    held = [getattr(part, name) for name in names if hasattr(part, name)]
    return held + list(getattr(part, "__dict__", {}).values())

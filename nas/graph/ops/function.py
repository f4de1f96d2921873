"""Torch functions by name, and names by function."""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import get_overridable_functions, resolve_name

if TYPE_CHECKING:
    from collections.abc import Callable

FACTORIES = frozenset(
    f"torch.{name}"
    for name in (
        "arange",
        "empty",
        "eye",
        "full",
        "linspace",
        "logspace",
        "ones",
        "rand",
        "randn",
        "scalar_tensor",
        "tensor",
        "tril_indices",
        "triu_indices",
        "zeros",
    )
)
"""Functions that make a tensor from numbers alone."""

_ATEN = "torch.ops.aten."
_PLACES = ("torch.nn.functional", "torch.Tensor", "torch")


def name_of(function: Callable[..., Any]) -> str | None:
    """Dotted name under which :func:`function_named` finds a function, None if it has none."""
    if isinstance(function, torch._ops.OpOverload | torch._ops.OpOverloadPacket):
        return f"torch.ops.{function}"
    own = getattr(function, "__name__", "")
    names = (resolve_name(function) or "", *(f"{place}.{own}" for place in _PLACES))
    return next((name for name in names if function_named(name) == function), None)


@cache
def function_named(name: str) -> Callable[..., Any] | None:
    """A function of torch that takes or makes tensors, by its dotted name; None if it is none."""
    place, _, own = name.rpartition(".")
    known = (
        name in _overridable()
        or name in FACTORIES
        or name.startswith(_ATEN)
        or (place in _PLACES and hasattr(torch._C._VariableFunctions, own))
        or place in _PLACES[:2]
    )
    if not known:
        return None
    try:
        found: object = reduce(getattr, name.split(".")[1:], torch)
    except AttributeError:
        return None
    return found if callable(found) and not isinstance(found, type) else None


@cache
def _overridable() -> frozenset[str]:
    functions = (f for group in get_overridable_functions().values() for f in group)
    return frozenset(name for f in functions if (name := resolve_name(f)))

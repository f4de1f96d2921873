"""Torch functions by name, and names by function."""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import TYPE_CHECKING

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
"""Functions that create a tensor from numbers only."""

_ATEN = "torch.ops.aten"
_BY_SCHEMA = ("torch", "torch.Tensor")
_WHOLE = ("torch.fft", "torch.functional", "torch.linalg", "torch.nn.functional", "torch.special")
"""Modules in which every overridable torch function computes tensors."""
_PLACES = ("torch.nn.functional", *_BY_SCHEMA[::-1])
_BEHIND_OPERATORS = (
    "abs add and div eq floordiv ge getitem gt invert le lshift lt matmul mod mul ne neg or pos "
    "pow radd rand rdiv rfloordiv rlshift rmatmul rmod rmul ror rpow rrshift rshift rsub rtruediv "
    "rxor sub truediv xor"
)
_OPERATORS = frozenset(f"__{name}__" for name in _BEHIND_OPERATORS.split())
"""Methods behind Python's operators."""
_IN_PYTHON = frozenset({"torch.nn.functional.hardsigmoid", "torch.Tensor.unique"})
_ON_FILES = frozenset({"from_file"})
_UNCHECKED = re.compile(r".*backward.*|_?sparse_\w*tensor\w*")
"""Operators that do not check an index, and may read or write outside the tensor."""


@cache
def name_of(function: Callable[..., object]) -> str | None:
    """Dotted name under which :func:`function_named` finds a function, None if it has none."""
    if isinstance(function, torch._ops.OpOverload | torch._ops.OpOverloadPacket):
        names = [f"torch.ops.{function}"]
    else:
        own = getattr(function, "__name__", "")
        names = [resolve_name(function) or "", *(f"{place}.{own}" for place in _PLACES)]
    return next((name for name in names if function_named(name) == function), None)


@cache
def function_named(name: str) -> Callable[..., object] | None:
    """A function of torch that computes tensors and changes none, by its dotted name.

    None for any other function: one that reads or writes files, returns Python objects, registers
    hooks, shares memory, writes into its arguments, or does not check its indices.
    """
    if not _computes_tensors(name):
        return None
    try:
        found = _own(name, reduce(getattr, name.split(".")[1:], torch))
    except AttributeError:
        return None
    return found if callable(found) and not isinstance(found, type) else None


def _own(name: str, found: object) -> object:
    """The function of torch itself, where a package has put one of its own in its place.

    torch-geometric replaces ``torch.select`` and ``torch.index_select`` by Python functions, which
    cannot be traced.
    """
    home = str(getattr(found, "__module__", None) or "torch").partition(".")[0]
    if home == "torch":
        return found
    return getattr(torch._C._VariableFunctions, name.rpartition(".")[2], None)


def _computes_tensors(name: str) -> bool:
    if name.startswith(f"{_ATEN}."):
        return _has_schema(*name.removeprefix(f"{_ATEN}.").split("."))
    place, _, own = name.rpartition(".")
    if own.startswith("__"):
        return place == "torch.Tensor" and own in _OPERATORS
    if own.endswith("_"):
        return False
    if place in _WHOLE and not own.startswith("_") and name in _overridable():
        return True
    return name in FACTORIES or name in _IN_PYTHON or (place in _PLACES and _has_schema(own))


def _has_schema(own: str, overload: str | None = None, *more: str) -> bool:
    """Whether an operator of torch returns tensors and does not change its arguments."""
    if own in _ON_FILES or own.endswith("_") or more or _UNCHECKED.fullmatch(own):
        return False
    return any(
        not schema.is_mutable and any("Tensor" in str(result.type) for result in schema.returns)
        for schema in torch._C._jit_get_schemas_for_operator(f"aten::{own}")
        if overload is None or schema.overload_name == overload.replace("default", "")
    )


@cache
def _overridable() -> frozenset[str]:
    functions = (f for group in get_overridable_functions().values() for f in group)
    return frozenset(name for f in functions if (name := resolve_name(f)))

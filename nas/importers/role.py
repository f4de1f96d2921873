"""Roles of parameters, from the operations that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.op import Role
from nas.graph.ops.function import name_of
from nas.graph.ops.function_kind import MULTIPLYING, RESHAPING, kind_of, short_name

if TYPE_CHECKING:
    from nas.importers.readers import Readers
    from nas.importers.step import Step, Value

_SCALED = frozenset({"mul", "prelu", "batch_norm2d", "group_norm", "layer_norm"})


def role_of(parameter: Value, readers: Readers) -> Role:
    """The role of a parameter that is a node of its own, from the first call that computes on it.

    Reshaped views are followed: a matrix is a weight even if it is transposed first.
    """
    dimensions = sum(size > 1 for size in parameter.tensor.shape)
    seen = parameter
    for _ in range(16):
        steps = readers.steps.get(seen)
        if not steps:
            break
        function = name_of(steps[0].function)
        if function is None:
            break
        if short_name(function) not in RESHAPING:
            return _role(kind_of(function), dimensions, _is_shift(steps[0], seen))
        seen = readers.results(steps[0])[0]
    return Role.TABLE


def _role(kind: str, dimensions: int, shift: bool) -> Role:
    if kind in MULTIPLYING:
        return Role.WEIGHT if dimensions > 1 else Role.BIAS
    if kind in _SCALED:
        return Role.SHIFT if shift else Role.SCALE
    if kind == "add" and dimensions == 1:
        return Role.BIAS
    return Role.TABLE if kind in ("add", "concat", "embedding") or dimensions < 2 else Role.WEIGHT


def _is_shift(step: Step, value: Value) -> bool:
    """Whether a tensor is the bias of a normalisation."""
    if step.kwargs.get("bias") is value:
        return True
    return kind_of(name_of(step.function) or "").endswith("norm2d") and step.args[4:5] == (value,)

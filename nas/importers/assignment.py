"""In-place writes into tensors or their parts, rewritten as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import ImportingError
from nas.importers.step import Step, Value, follows_batch
from nas.modules.copies import storage_of
from nas.modules.nested import leaves

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

_FILLS: dict[Any, int] = {torch.Tensor.copy_: 2, torch.Tensor.fill_: 2, torch.Tensor.zero_: 1}
"""Functions that overwrite a whole tensor, with their number of arguments."""


def assignment(target: Value, index: Any, value: Any) -> Step:
    """The step ``target[index] = value``."""
    reads = [target, value] if isinstance(value, Value) else [target]
    return Step(torch.Tensor.__setitem__, (target, index, value), {}, reads)


def as_assignment(step: Step) -> Step:
    """Rewrite ``x.zero_()``, ``x.fill_(y)``, ``x.copy_(y)`` as ``x[...] = y``; keep others."""
    if len(step.args) != _FILLS.get(step.function):
        return step
    return assignment(step.args[0], ..., (*step.args, 0)[1])


def is_assignment(step: Step) -> bool:
    """Whether a step writes values by index."""
    return step.function == torch.Tensor.__setitem__


def viewed(value: Value) -> tuple[Value, Any] | None:
    """The tensor that a value is a view of, and the index of the view; None for other values."""
    step = value.step
    if step is None or step.function != torch.Tensor.__getitem__:
        return None
    base, index = step.args
    return (base, index) if storage_of(base.tensor) == storage_of(value.tensor) else None


def picked(base: Value, index: Any) -> Step:
    """The step ``base[index]``."""
    return Step(torch.Tensor.__getitem__, (base, index), {}, [base])


def assigned(step: Step, enter: Callable[[Value], Value]) -> list[Step]:
    """Rewrite ``x[index] = y`` as calls that do not change ``x``.

    The written positions are the same in every sample, so a mask selects them.

    Args:
        step: A call of ``Tensor.__setitem__``.
        enter: Registers a value with the recorder.

    Raises:
        ImportingError: The index picks samples, or is computed.
    """
    target, index, value = step.args
    index = index if isinstance(index, tuple) else (index,)
    x: Tensor = target.tensor
    sampled = _follows_inputs(target)
    if any(map(_is_computed, leaves(index))) or (sampled and _picks_rows(index, x.dim())):
        raise ImportingError("an assignment picks samples, or its index is computed")
    mask = torch.zeros((1, *x.shape[1:]) if sampled else x.shape, dtype=torch.bool)
    mask[index] = True
    place = enter(Value(mask.to(x.device), fixed=mask))
    if not isinstance(value, Value):
        return [Step(torch.Tensor.masked_fill, (target, place, value), {}, [target, place])]
    region = tuple(x[index].shape)
    spread = Step(torch.Tensor.expand, (value, *region), {}, [value])
    wide = enter(Value(value.tensor.expand(region), spread))
    last = Step(torch.Tensor.masked_scatter, (target, place, wide), {}, [target, place, wide])
    return [spread, last]


def _picks_rows(index: tuple[Any, ...], dim: int) -> bool:
    """Whether an index restricts the first dimension."""
    named = sum(entry is not None and entry is not Ellipsis for entry in index)
    return index[0] not in (slice(None), Ellipsis) or (index[0] is Ellipsis and named >= dim)


def _follows_inputs(value: Value) -> bool:
    """Whether a value depends on an input of the model, so that its rows may be samples."""
    seen, open_ = set[Value](), [value]
    while open_:
        one = open_.pop()
        if one.input is not None:
            return True
        if one.step is not None and one not in seen:
            seen.add(one)
            open_ += one.step.reads
    return False


def _is_computed(part: Any) -> bool:
    return isinstance(part, Value) or follows_batch(part)

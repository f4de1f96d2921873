"""Writing into a part of a tensor, as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import ImportingError
from nas.importers.step import Step, Value, follows_batch, leaves

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def assigned(step: Step, enter: Callable[[Value], Value]) -> list[Step]:
    """``x[index] = y`` as calls that leave ``x`` as it was.

    The places written to are the same in every sample, so they are a mask.

    Args:
        step: A call of ``Tensor.__setitem__``.
        enter: Makes a value known to the recorder.

    Raises:
        ImportingError: The index picks samples, or is itself computed.
    """
    target, index, value = step.args
    index = index if isinstance(index, tuple) else (index,)
    if index[0] not in (slice(None), Ellipsis) or any(map(_is_computed, leaves(index))):
        raise ImportingError("an assignment picks samples, or its index is computed")
    x: Tensor = target.tensor
    mask = torch.zeros((1, *x.shape[1:]), dtype=torch.bool)
    mask[index] = True
    place = enter(Value(mask.to(x.device), fixed=mask))
    if not isinstance(value, Value):
        return [Step(torch.Tensor.masked_fill, (target, place, value), {}, [target, place])]
    region = tuple(x[index].shape)
    spread = Step(torch.Tensor.expand, (value, *region), {}, [value])
    wide = enter(Value(value.tensor.expand(region), spread))
    last = Step(torch.Tensor.masked_scatter, (target, place, wide), {}, [target, place, wide])
    return [spread, last]


def _is_computed(part: Any) -> bool:
    return isinstance(part, Value) or follows_batch(part)

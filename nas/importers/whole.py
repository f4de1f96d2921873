"""Leaf modules as functions of tensors."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.errors import ImportingError
from nas.importers.step import Value, follows_batch
from nas.modules.nested import leaves, mapped
from nas.modules.outputs import tensors_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.importers.step import Step

_PLAIN = (bool, float, int, str, type(None), type(Ellipsis), torch.dtype, torch.device)


@dataclass(frozen=True)
class _Place:
    """The place of a tensor among the arguments."""

    index: int


def reads_of(step: Step) -> list[Value]:
    """The values that a leaf module reads, in the order of its arguments.

    Raises:
        ImportingError: An argument is neither a tensor nor a plain value, or is the batch size.
    """
    found = leaves((step.args, step.kwargs))
    odd = next((p for p in found if not isinstance(p, (Value, *_PLAIN))), None)
    if odd is not None or any(map(follows_batch, found)):
        raise ImportingError(
            f"it is given {type(odd).__name__}, not only tensors and plain values"
        )
    return [part for part in found if isinstance(part, Value)]


def on_tensors(module: nn.Module, step: Step, results: Sequence[Value]) -> nn.Module:
    """A module that takes only tensors and returns one tensor.

    If several results are read, they are flattened and concatenated.

    Args:
        module: Returned unchanged if it is already of this form.
        step: The recorded call of it.
        results: The results that are read.
    """
    reads = reads_of(step)
    if list(step.args) == reads and not step.kwargs and not any(v.path for v in results):
        return module
    indices = iter(range(len(reads)))
    args, kwargs = mapped((step.args, step.kwargs), lambda _: _Place(next(indices)), Value)
    picked = [value.path[0] if value.path else 0 for value in results]
    forward = module.forward

    def run(*tensors: Tensor) -> Tensor:
        own_args, own_kwargs = mapped((args, kwargs), lambda place: tensors[place.index], _Place)
        found = tensors_in(forward(*own_args, **own_kwargs))
        if len(picked) == 1:
            return found[picked[0]]
        return torch.cat([found[index].flatten() for index in picked])

    part = copy(module)
    part.__dict__["forward"] = run
    return part

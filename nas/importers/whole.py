"""Modules that are taken as a whole, as functions of tensors."""

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
    """Where one of the tensors stands among the arguments."""

    index: int


def reads_of(step: Step) -> list[Value]:
    """What a module that is taken as a whole reads, in the order of its arguments.

    Raises:
        ImportingError: It is given more than tensors and plain values, or the size of the batch.
    """
    found = leaves((step.args, step.kwargs))
    odd = next((p for p in found if not isinstance(p, (Value, *_PLAIN))), None)
    if odd is not None or any(map(follows_batch, found)):
        raise ImportingError(
            f"it is given {type(odd).__name__}, not only tensors and plain values"
        )
    return [part for part in found if isinstance(part, Value)]


def on_tensors(module: nn.Module, step: Step, results: Sequence[Value]) -> nn.Module:
    """A module as one that takes tensors alone and gives one.

    Several results that are read are given one behind the other, flat.

    Args:
        module: Comes back as it is where it does so already.
        step: The call of it that was recorded.
        results: Those that are read.
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

"""What a call without numbers gives, told from the form of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from nas.modules.nested import ATOMS

if TYPE_CHECKING:
    from collections.abc import Hashable


class MetaResult(NamedTuple):
    """A tensor but for its numbers.

    Torch works out in Python what most functions give on the meta device, in up to a millisecond;
    networks call them many times alike.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: torch.dtype

    @staticmethod
    def like(tensor: Tensor) -> MetaResult:
        """That of a tensor."""
        return MetaResult(tuple(tensor.shape), tensor.stride(), tensor.dtype)

    def tensor(self) -> Tensor:
        """Another such tensor."""
        return torch.empty_strided(self.shape, self.strides, dtype=self.dtype, device="meta")


def call_signature(arguments: Any) -> Hashable:
    """What calls that give tensors alike have in common; None where that cannot be told."""
    try:
        form = _form(arguments)
        hash(form)
    except (TypeError, RuntimeError):  # what has no hash, and tensors without strides
        return None
    return form


def _form(part: Any) -> Hashable:
    kind = type(part)
    if kind in ATOMS:
        return kind, part  # 1, 1.0 and True are equal
    if isinstance(part, Tensor):
        return MetaResult.like(part)
    if isinstance(part, (tuple, list)):
        return kind, tuple([_form(inner) for inner in part])
    if isinstance(part, dict):
        return dict, tuple([(key, _form(inner)) for key, inner in part.items()])
    if isinstance(part, slice):
        return slice, part.start, part.stop, part.step
    return kind, part

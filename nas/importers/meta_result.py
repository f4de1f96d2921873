"""Cached results of calls on the meta device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from nas.modules.nested import ATOMS

if TYPE_CHECKING:
    from collections.abc import Hashable


class MetaResult(NamedTuple):
    """Shape, strides and data type of a tensor.

    On the meta device, torch computes most results in Python, in up to a millisecond each.
    Networks repeat the same calls many times.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: torch.dtype

    @staticmethod
    def like(tensor: Tensor) -> MetaResult:
        """The description of a tensor."""
        return MetaResult(tuple(tensor.shape), tensor.stride(), tensor.dtype)

    def tensor(self) -> Tensor:
        """A new meta tensor of this description."""
        return torch.empty_strided(self.shape, self.strides, dtype=self.dtype, device="meta")


def call_signature(arguments: Any) -> Hashable:
    """A key that is equal for calls with equal meta results; None if it cannot be computed."""
    try:
        form = _form(arguments)
        hash(form)
    except (TypeError, RuntimeError):  # unhashable arguments, and tensors without strides
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

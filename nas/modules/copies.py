"""Copies of tensors that share memory where the tensors do."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Copies:
    """One copy of every tensor; copies share memory if the tensors do."""

    def __init__(self) -> None:
        self._of: dict[int, Tensor] = {}
        self._storages: dict[int, torch.UntypedStorage] = {}
        self._held: list[Tensor] = []  # so that their ids are not reused

    def of(self, tensor: Tensor) -> Tensor:
        """The copy of a tensor, always the same object; a copy is its own copy."""
        if id(tensor) not in self._of:
            copy = self._copy(tensor)
            self._of[id(tensor)] = self._of[id(copy)] = copy
            self._held += (tensor, copy)
        return self._of[id(tensor)]

    def knows(self, tensor: Tensor) -> bool:
        """Whether a tensor was copied, or is a copy."""
        return id(tensor) in self._of

    def _copy(self, tensor: Tensor) -> Tensor:
        with torch._C.DisableTorchFunction(), torch.no_grad():
            copy = self._view(tensor) if _is_strided(tensor) else tensor.detach().clone()
        learned = tensor.requires_grad
        if isinstance(tensor, nn.Parameter):
            return nn.Parameter(copy, requires_grad=learned)
        return copy.requires_grad_(learned)

    def _view(self, tensor: Tensor) -> Tensor:
        """The same view of a copy of the tensor's memory."""
        storage = storage_of(tensor)
        if storage not in self._storages:
            self._storages[storage] = tensor.untyped_storage().clone()
        blank = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
        return blank.set_(
            self._storages[storage], tensor.storage_offset(), tensor.shape, tensor.stride()
        )


def _is_strided(tensor: Tensor) -> bool:
    """Whether a tensor is a plain strided view of memory."""
    plain = type(tensor) in (Tensor, nn.Parameter) and tensor.layout is torch.strided
    odd = tensor.is_meta or tensor.is_quantized or tensor.is_conj() or tensor.is_neg()
    return plain and not odd


def storage_of(tensor: Tensor) -> int:
    """The identity of a tensor's memory, equal for views of each other."""
    storage: int = tensor.untyped_storage()._cdata
    return storage

"""Memory for predicted parameters."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

ALIGNMENT = 16
"""Floats; tensors start at multiples of 64 bytes."""

KEPT = 2**26
"""Floats; larger pieces are returned to the system."""


class FlatMemory:
    """One block of memory for many tensors, reused once none of them is alive.

    The first write to new memory takes several times as long as later ones. numpy allocates large
    pages where the system has them, which makes the first write cheaper.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[np.ndarray, weakref.ref[np.ndarray]]] = []

    def __reduce__(self) -> tuple[type[FlatMemory], tuple[()]]:
        return FlatMemory, ()  # a copy has its own memory

    def tensors(self, shapes: Sequence[Shape], device: torch.device) -> list[Tensor]:
        """Uninitialised tensors of these shapes."""
        sizes = [math.prod(shape) for shape in shapes]
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + -(-size // ALIGNMENT) * ALIGNMENT)
        flat = self._flat(starts[-1], device)
        return [
            flat[start : start + size].view(shape)
            for start, size, shape in zip(starts, sizes, shapes, strict=False)
        ]

    def _flat(self, size: int, device: torch.device) -> Tensor:
        if device.type != "cpu":
            return torch.empty(size, device=device)
        array = self._free(size)
        used = array[:size]
        if array.size <= KEPT:
            self._kept = [(array, weakref.ref(used))]
        return torch.from_numpy(used)  # refers to ``used`` as long as a view of it is alive

    def _free(self, size: int) -> np.ndarray:
        try:
            array, user = self._kept.pop()  # so that no other thread takes it
        except IndexError:
            return np.empty(size, np.float32)
        if user() is None and array.size >= size:
            return array
        return np.empty(size, np.float32)

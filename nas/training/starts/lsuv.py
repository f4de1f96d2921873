"""Layer-sequential unit variance (Mishkin & Matas 2016, All you need is a good init)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from nas.seeding import generator
from nas.training.starts.card import LayerStart
from nas.training.starts.directions import orthogonal
from nas.training.starts.matrix import read_matrices
from nas.training.starts.start import STARTS, Start
from nas.training.starts.walk import walk

if TYPE_CHECKING:
    import torch

    from nas.training.starts.given import Given

LSUV = "lsuv"
"""The name of the start with orthogonal rows and outputs of unit variance."""
_FLAT = 1e-6
"""Outputs of less deviation are scaled as if they had it."""


class _Lsuv:
    """The visitor: orthogonal rows before a layer runs, one scale after it."""

    def __init__(self, draw: torch.Generator) -> None:
        self.layers: list[LayerStart] = []
        self._draw = draw
        self._weights: dict[nn.Module, Tensor] = {}

    def before(self, name: str, layer: nn.Module, x: Tensor) -> None:
        found = read_matrices(layer, x, 1, self._draw)
        learns = found is not None and found.parameter.requires_grad
        if found is None or not learns or isinstance(layer, nn.MultiheadAttention):
            self.layers.append(LayerStart(name, type(layer).__name__, "kept", fitted=False))
            return
        self._weights[layer] = found.weight
        for matrix in found.weight:
            matrix.copy_(orthogonal(len(matrix), matrix.shape[1], self._draw))
        if isinstance(layer.bias, Tensor):
            layer.bias.zero_()
        what = "orthogonal rows, outputs of unit variance"
        self.layers.append(LayerStart(name, type(layer).__name__, what, fitted=True))

    def after(self, layer: nn.Module, output: Tensor) -> Tensor:
        if layer not in self._weights:
            return output
        scale = output.std().clamp(min=_FLAT)
        self._weights[layer].div_(scale)
        return output / scale


def _apply(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    visitor = _Lsuv(generator(given.seed, "start"))
    walk(module, given.inputs, visitor)
    return tuple(visitor.layers)


STARTS.register(LSUV)(
    Start(
        needs=("samples",),
        apply=_apply,
    )
)

"""Layers that multiply parts of their input by matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[nn.Module, Tensor, int, torch.Generator], "Matrices"]


@dataclass(frozen=True, eq=False)
class Matrices:
    """The matrices of a layer, and a sample of the vectors that they multiply.

    Attributes:
        parameter: The weight that holds them.
        weight: A view of it (G, rows, d): a matrix for each group of channels.
        vectors: Parts of the input (G, n, d).
        rows: The row of the input's first dimension from which each vector is (n,).
    """

    parameter: nn.Parameter
    weight: Tensor
    vectors: Tensor
    rows: Tensor


def read_matrices(
    layer: nn.Module, x: Tensor, count: int, generator: torch.Generator
) -> Matrices | None:
    """The matrices of a layer at its input.

    They are found in linear layers, convolutions, the linear layers of torch-geometric, and in the
    queries, keys and values of attention.

    Args:
        layer: Any module.
        x: Its input, samples first.
        count: Number of vectors to sample, spread evenly over the rows of the input.
        generator: Draws their places.

    Returns:
        None for other layers, and for those that compute their output in another way than torch's
        own (standardised or parametrised weights, padding of their own).
    """
    if _is_of_geometric(layer):
        return _linear(layer, x, count, generator)
    for kind, read in _READERS.items():
        if isinstance(layer, kind) and type(layer).forward is kind.forward:
            plain = isinstance(layer._parameters.get(_WEIGHTS[kind]), nn.Parameter)
            return read(layer, x, count, generator) if plain else None
    return None


def is_depthwise(layer: nn.Module) -> bool:
    """Whether every channel of a convolution reads one channel of its input."""
    return isinstance(layer, _ConvNd) and layer.in_channels == layer.groups > 1


def _is_of_geometric(layer: nn.Module) -> bool:
    """Whether it is the linear layer within the message passing of torch-geometric."""
    kind = type(layer)
    return kind.__name__ == "Linear" and kind.__module__ == "torch_geometric.nn.dense.linear"


def _linear(layer: nn.Module, x: Tensor, count: int, generator: torch.Generator) -> Matrices:
    """Of inputs (B, ..., d): every position is a vector."""
    assert isinstance(layer.weight, nn.Parameter)
    vectors, rows = _positions(x, count, generator)
    return Matrices(layer.weight, layer.weight.detach()[None], vectors[None], rows)


def _attention(layer: nn.Module, x: Tensor, count: int, generator: torch.Generator) -> Matrices:
    """Of queries (B, T, d), or (T, B, d): three matrices, for queries, keys and values."""
    assert isinstance(layer, nn.MultiheadAttention)
    assert isinstance(layer.in_proj_weight, nn.Parameter)
    vectors, rows = _positions(
        x if layer.batch_first or x.dim() < 3 else x.transpose(0, 1), count, generator
    )
    weight = layer.in_proj_weight.detach().view(3, layer.embed_dim, layer.embed_dim)
    return Matrices(layer.in_proj_weight, weight, vectors.expand(3, *vectors.shape), rows)


def _convolution(layer: nn.Module, x: Tensor, count: int, generator: torch.Generator) -> Matrices:
    """Of inputs (B, C, *space): every place of the kernel is a vector (C * kernel,)."""
    assert isinstance(layer, _ConvNd)
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    windows = F.pad(x, layer._reversed_padding_repeated_twice, mode=mode)
    sizes = zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)
    for axis, (size, stride, dilation) in enumerate(sizes, 2):
        windows = windows.unfold(axis, dilation * (size - 1) + 1, stride)[..., ::dilation]
    # windows: (B, C, *positions, *kernel)
    positions = windows.shape[2 : x.dim()]
    rows, places = _places(len(x), positions.numel(), count, generator)
    order = (0, *range(2, x.dim()), 1, *range(x.dim(), windows.dim()))
    drawn = windows.permute(order)[(rows, *torch.unravel_index(places, positions))]
    vectors = drawn.reshape(len(rows), layer.groups, -1).transpose(0, 1)  # (G, n, d)
    assert isinstance(layer.weight, nn.Parameter)
    weight = layer.weight.detach()
    matrices = weight.view(layer.groups, -1, weight[0].numel())
    return Matrices(layer.weight, matrices, vectors, rows.to(x.device))


def _positions(x: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Vectors (n, d) of an input (B, ..., d), and their rows (n,)."""
    x = x.to_dense() if x.is_sparse else x
    flat = x.reshape(len(x), -1, x.shape[-1])  # (B, positions, d)
    rows, places = _places(len(flat), flat.shape[1], count, generator)
    return flat[rows, places], rows.to(x.device)


def _places(
    length: int, positions: int, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """About ``count`` rows of an input, and in each a position.

    The positions of one row are drawn from stretches of equal length.
    """
    each = max(1, min(positions, round(count / length)))
    chosen = torch.arange(length)
    if length > count:
        chosen = torch.linspace(0, length - 1, count).round().long()
    bounds = torch.arange(each + 1) * positions // each
    shares = torch.rand(len(chosen), each, generator=generator)
    places = bounds[:-1] + (shares * bounds.diff()).long()  # (rows, each)
    return chosen.repeat_interleave(each), places.flatten()


_READERS: dict[type[nn.Module], Reader] = {
    nn.Linear: _linear,
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.Conv3d: _convolution,
    nn.MultiheadAttention: _attention,
}
_WEIGHTS: dict[type[nn.Module], str] = dict.fromkeys(_READERS, "weight") | {
    nn.MultiheadAttention: "in_proj_weight"
}
"""The parameter that holds the matrices of a kind; parametrised layers compute it."""

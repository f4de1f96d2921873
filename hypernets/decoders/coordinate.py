"""The decoder whose values are a function of an element's coordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hypernets.decoders.decoder import DECODERS, Decoder
from hypernets.decoders.matrix_decoder import is_vector
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tile import TileDecoder
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


@DECODERS.register("coordinate")
class CoordinateDecoder(Decoder):
    """Node states to parameters of one shape, sampled from a function of relative coordinates.

    The weight of a layer at one tap of its window is a function on the unit square, of which an
    element is the mean over its cell: element (i, j) of a weight with n x m channels is that over
    [i/n, (i+1)/n] x [j/m, (j+1)/m]. So layers of any width sample the same function, and a
    network works at widths it was not trained at (Yang et al. 2024, Neural Metamorphosis, who
    average over sampled coordinates; Solodskikh et al. 2023, Integral Neural Networks). The
    function is the tile of GHN-2, as a grid; in layers with more channels it is interpolated.
    Means of weights are scaled to the variance of single values, those of vectors are not.

    Args:
        hidden: Size of a node state, D.
        max_channels: Side of the grid, C.
        max_kernel: Largest window; larger ones are interpolated.
        classes: Number of learned class vectors.
    """

    def __init__(self, hidden: int, max_channels: int, max_kernel: int, classes: int) -> None:
        super().__init__()
        self.side = max_channels
        self.whole = TileDecoder(hidden, max_channels, max_kernel, classes)

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape)."""
        x: Tensor
        if role is Role.CLASS_BIAS:
            x = self.whole(h, role, shape)
        elif role is Role.CLASS_WEIGHT:
            side, features = 4 * self.side, math.prod(shape[1:])
            x = self.whole(h, role, (math.prod(shape[:1]), side))
            x = _gain(features, side) * x @ _cells(features, side, h).mT
        elif is_vector(role, shape):
            x = self.whole(h, role, (self.side,)) @ _cells(math.prod(shape), self.side, h).mT
        else:
            rows, columns, *window = five_axes(role, shape)
            x = self.whole(h, Role.WEIGHT, (self.side, self.side, *window))
            x = _gain(rows, self.side) * _cells(rows, self.side, h) @ x.flatten(2)
            x = x.view(len(h), rows, self.side, -1)  # (P, out, C, taps)
            x = _gain(columns, self.side) * _cells(columns, self.side, h) @ x
        return x.reshape(len(h), *shape)


def _gain(size: int, side: int) -> float:
    """Factor that gives means of independent values their variance."""
    return math.sqrt(max(side / size, 1.0))


def _cells(size: int, side: int, like: Tensor) -> Tensor:
    """Shares of a grid's values in those of the elements along an axis: (size, side).

    A row averages the grid over the element's cell, or where cells are narrower than those of the
    grid, interpolates it.

    Example:
        >>> import torch
        >>> _cells(2, 4, torch.zeros(1))
        tensor([[0.5000, 0.5000, 0.0000, 0.0000],
                [0.0000, 0.0000, 0.5000, 0.5000]])
    """
    width = max(side / size, 1.0)
    centre = (torch.arange(size).to(like)[:, None] + 0.5) * side / size
    left = torch.arange(side).to(like)
    covered = torch.minimum(centre + width / 2, left + 1) - torch.maximum(centre - width / 2, left)
    covered = covered.clamp_min(0)
    return covered / covered.sum(1, keepdim=True)

"""Common base of decoders of matrices: which part of a parameter is decoded, and how."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, final

from hypernets.decoders.decoder import Decoder
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tiling import tile
from nas.graph.op import Role

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.graph.tensor_spec import Shape


def is_vector(role: Role, shape: Shape) -> bool:
    """Whether a parameter is decoded as a vector, not as a matrix or a class head."""
    return len(shape) < 2 or role in (Role.SCALE, Role.SHIFT, Role.BIAS)


def unrepeated(role: Role, shape: Shape, channels: int) -> Shape:
    """The shape that is decoded for a parameter; a wider parameter repeats it.

    Example:
        >>> unrepeated(Role.WEIGHT, (96, 16, 3, 3), 64)
        (64, 16, 3, 3)
        >>> unrepeated(Role.CLASS_WEIGHT, (100, 512), 64)
        (100, 256)
    """
    if role is Role.CLASS_BIAS:
        return shape
    if role is Role.CLASS_WEIGHT:
        return (shape[0], min(shape[1], 4 * channels)) if len(shape) == 2 else shape
    if len(shape) == 1:
        return (min(shape[0], channels),)
    if is_vector(role, shape) or five_axes(role, shape)[:2] != shape[:2]:
        return shape
    return (min(shape[0], channels), min(shape[1], channels), *shape[2:])


class MatrixDecoder(Decoder, ABC):
    """Node states to parameters of one shape, with separate paths for weights, heads and vectors.

    Attributes:
        max_channels: Width beyond which decoded values repeat.
        vector: Node states to two vectors of that length, one for scales and one for all others.
    """

    max_channels: int
    vector: nn.Module

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape)."""
        part = unrepeated(role, shape, self.max_channels)
        if role in (Role.CLASS_WEIGHT, Role.CLASS_BIAS):
            return tile(self._head(h, role, part), shape)
        if is_vector(role, shape):
            return tile(self._vector(h, role, part), shape)
        return tile(self._weight(h, role, part), shape)

    @final
    def _vector(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        row = 0 if role is Role.SCALE else 1
        vectors = self.vector(h).view(len(h), 2, self.max_channels)[:, row]  # (P, C)
        return tile(vectors, (math.prod(shape),)).view(len(h), *shape)

    @abstractmethod
    def _weight(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Matrices and windows no wider than ``max_channels``."""

    @abstractmethod
    def _head(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """The weight or the bias of a class head."""

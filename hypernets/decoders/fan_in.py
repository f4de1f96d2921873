"""Scaling of decoded parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nas.graph.op import Role

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.tensor_spec import Shape

TABLE_SCALE = 0.02
"""Standard deviation of positions and tokens before training (Dosovitskiy et al. 2021)."""


def scale_by_fan_in(raw: Tensor, role: Role, shape: Shape, out: Tensor | None = None) -> Tensor:
    """Raw decoded values (P, ...) to those of parameters of ``shape``, keeping signals in range.

    Weights are multiplied by sqrt(2 / fan_in), or sqrt(1 / fan_in) for the class head and for
    vectors of attention, which no activation follows; scales are 2 sigmoid(x / 2), biases and
    shifts tanh(x / 5) (Knyazev et al. 2021, §3.1 and the published program). Tables are scaled to
    :data:`TABLE_SCALE`. The result is written into ``out`` if it is given.
    """
    factor = _factor(role, shape)
    if factor is not None:
        return torch.mul(raw, factor, out=out)
    if role is Role.SCALE:
        return torch.mul(torch.sigmoid(raw / 2), 2, out=out)
    return torch.tanh(raw / 5, out=out)


def _factor(role: Role, shape: Shape) -> float | None:
    """Factor of the values of a role; None for roles without one."""
    if role is Role.WEIGHT:
        return math.sqrt(2 / math.prod(shape[1:]))
    if role is Role.STACKED:
        return math.sqrt(2 / math.prod(shape[-2:-1]))
    if role is Role.ATTENTION:
        return math.sqrt(1 / math.prod(shape[-1:]))
    if role is Role.CLASS_WEIGHT:
        return math.sqrt(1 / math.prod(shape[1:]))
    return TABLE_SCALE if role is Role.TABLE else None

"""Scaling of decoded parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nas.graph.op import Role

if TYPE_CHECKING:
    from torch import Tensor


def scale_by_fan_in(raw: Tensor, role: Role) -> Tensor:
    """Raw decoded values (P, ...) to parameters that keep signals in range.

    Weights are multiplied by sqrt(2 / fan_in), or sqrt(1 / fan_in) for the class head, which no
    activation follows; scales are 2 sigmoid(x / 2), biases and shifts tanh(x / 5) (Knyazev et al.
    2021, §3.1 and the published program).
    """
    if role is Role.WEIGHT:
        return raw * math.sqrt(2 / math.prod(raw.shape[2:]))
    if role is Role.CLASS_WEIGHT:
        return raw * math.sqrt(1 / math.prod(raw.shape[2:]))
    if role is Role.SCALE:
        return 2 * torch.sigmoid(raw / 2)
    return torch.tanh(raw / 5)

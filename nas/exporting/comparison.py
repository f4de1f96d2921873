"""Outputs of two programs on the same inputs, and how much they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
"""Largest relative difference between outputs that count as equal."""


@torch.no_grad()
def outputs_of(network: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The output tensors of a network; random functions use the same seed each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        outputs = network.forward(*inputs)  # if it fails, a call of an fx module would print
    if isinstance(outputs, Mapping):
        return tuple(outputs.values())
    return outputs if isinstance(outputs, tuple) else (outputs,)


def difference(mine: Tensor, theirs: Tensor) -> float:
    """The largest difference, relative to the largest value if that is above 1."""
    if mine.shape != theirs.shape:
        return math.inf
    mine, theirs = mine + 0.0, theirs + 0.0  # booleans cannot be subtracted
    differing = ~mine.isclose(theirs, rtol=0, atol=0, equal_nan=True)
    if not differing.any():
        return 0.0
    finite = theirs[theirs.isfinite()].abs()
    largest = max(1.0, float(finite.max())) if len(finite) else 1.0
    return float((mine[differing] - theirs[differing]).abs().max()) / largest


def first_line(error: Exception) -> str:
    """The first line of a message with text in it; the type of the error if there is none."""
    lines = (line.strip() for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)

"""The record of a start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from nas.registry import Registry
from nas.training.starts.card import LayerStart
from nas.training.starts.given import Given

Apply = Callable[[nn.Module, Given], tuple[LayerStart, ...]]
"""Gives a module its initial weights in place, and says what each layer got."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A way to give a network its initial weights.

    Attributes:
        needs: What it needs: ``samples``, ``labels``, ``hypernetwork``; one that needs nothing
            leaves a network as it was made.
        samples: How many training samples it reads, if it needs any; None for as many as run
            through a network at once.
        apply: Gives a module its weights.
    """

    needs: tuple[str, ...] = ()
    samples: int | None = None
    apply: Apply


STARTS: Registry[Start] = Registry("start")

AUTO = "auto"
"""In place of a name: a start that is chosen by measurement."""

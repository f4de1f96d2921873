"""The start from torch's own initialisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.training.starts.start import STARTS, Start

if TYPE_CHECKING:
    from torch import nn

    from nas.training.starts.card import LayerStart
    from nas.training.starts.given import Given

DEFAULT = "default"
"""The name of the start from torch's own initialisation."""


def _apply(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    """Leave the module as its constructor made it."""
    return ()


STARTS.register(DEFAULT)(Start(apply=_apply))

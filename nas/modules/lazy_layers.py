"""Lazy layers, which take their sizes from their first input."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from torch.nn.parameter import is_lazy

from nas.errors import ImportingError

if TYPE_CHECKING:
    from torch import nn


def has_lazy_layers(model: nn.Module) -> bool:
    """Whether a model has lazy layers that have no sizes yet."""
    return any(map(is_lazy, chain(model.parameters(), model.buffers())))


def check_sizes(model: nn.Module) -> None:
    """Raise unless all sizes of a model are known.

    Raises:
        ImportingError: It has lazy layers that have not run yet.
    """
    if has_lazy_layers(model):
        raise ImportingError(
            f"{type(model).__name__} has layers whose sizes are not known yet",
            hint="Run it once on the data, or give the sizes.",
        )

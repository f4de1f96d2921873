"""The start from the weights that a hypernetwork predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.training.starts.start import STARTS, Start

if TYPE_CHECKING:
    from torch import nn

    from nas.training.starts.card import LayerStart
    from nas.training.starts.given import Given

PREDICTED = "predicted"
"""The name of the start from predicted weights."""


def _apply(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    if given.predict is None:
        raise ConfigError(
            "a start from predicted weights needs a hypernetwork",
            hint="Give one, or choose another start.",
        )
    given.predict(module)
    return ()


STARTS.register(PREDICTED)(Start(needs=("hypernetwork",), apply=_apply))

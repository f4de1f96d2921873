"""Starts from the weights that a hypernetwork predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas.errors import ConfigError
from nas.training.starts.card import LayerStart
from nas.training.starts.fitted.last_layer import LastLayer
from nas.training.starts.start import STARTS, Start
from nas.training.starts.walk import walk

if TYPE_CHECKING:
    from nas.training.starts.given import Given

PREDICTED = "predicted"
"""The name of the start from predicted weights."""

PREDICTED_HEAD = "predicted-head"
"""The name of the start from predicted weights with a last layer fitted to training samples."""

_SAMPLES = 1024
"""From fewer the fitted layer is worse than the predicted one; see ``benchmarks/hypernets``."""


def predict(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    """Give a module predicted weights.

    Raises:
        ConfigError: There is no hypernetwork.
    """
    if given.predict is None:
        raise ConfigError(
            "a start from predicted weights needs a hypernetwork",
            hint="Give one, or choose another start.",
        )
    given.predict(module)
    return ()


@torch.no_grad()
def predict_and_fit_head(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    """Give a module predicted weights, and fit its last layer to what that layer then reads.

    Features of predicted weights are good where the layer that reads them is not, above all in
    networks unlike those that the hypernetwork was trained with.
    """
    predict(module, given)
    visitor = _LastRead()
    walk(module, given.inputs, visitor)
    head = None if visitor.last is None else visitor.last.fit(given)
    if visitor.last is None or head is None:
        return ()
    kind = type(visitor.last.layer).__name__
    return (LayerStart(visitor.last.name, kind, head, fitted=True),)


class _LastRead:
    """The visitor that remembers the last layer that ran."""

    def __init__(self) -> None:
        self.last: LastLayer | None = None

    def before(self, name: str, layer: nn.Module, x: Tensor) -> None:
        self.last = None
        if isinstance(layer, nn.Linear | _ConvNd) and layer.weight.requires_grad:
            self.last = LastLayer(name, layer, x, len(layer.weight))

    def after(self, layer: nn.Module, output: Tensor) -> Tensor:
        return output


STARTS.register(PREDICTED)(Start(needs=("hypernetwork",), apply=predict))
STARTS.register(PREDICTED_HEAD)(
    Start(
        needs=("samples", "labels", "hypernetwork"),
        samples=_SAMPLES,
        apply=predict_and_fit_head,
    )
)

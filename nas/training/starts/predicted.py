"""Starts from the weights that a hypernetwork predicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.errors import ConfigError
from nas.training.starts.card import LayerStart
from nas.training.starts.fitted.last_layer import LastLayer
from nas.training.starts.matrix import read_matrices
from nas.training.starts.start import STARTS, Start
from nas.training.starts.walk import walk

if TYPE_CHECKING:
    from nas.training.starts.given import Given

PREDICTED = "predicted"
"""The name of the start from predicted weights."""

PREDICTED_HEAD = "predicted-head"
"""The name of the start from predicted weights with a last layer fitted to training samples."""

_SAMPLES = 1024
"""As many as in ``benchmarks/hypernets``, which measures what the fitted layer gains."""


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
    last = _last_layer(module, given)
    head = None if last is None else last.fit(given)
    if last is None or head is None:
        return ()
    return (LayerStart(last.name, type(last.layer).__name__, head, fitted=True),)


def _last_layer(module: nn.Module, given: Given) -> LastLayer | None:
    """The last layer, with what it reads of all samples; None if it is no matrix of its own."""
    found = []
    for inputs in given.batches:
        visitor = _LastRead()
        walk(module, inputs, visitor)
        found.append(visitor.matrix())
    first = found[0]
    if len(found) == 1 or first is None:
        return first
    return replace(first, x=torch.cat([one.x for one in found if one is not None]))


class _LastRead:
    """The visitor that remembers the last layer that ran."""

    def __init__(self) -> None:
        self._last: tuple[str, nn.Module, Tensor] | None = None
        self._times: Counter[nn.Parameter] = Counter()

    def before(self, name: str, layer: nn.Module, x: Tensor) -> None:
        self._last = (name, layer, x)
        self._times.update(layer.parameters(recurse=False))

    def after(self, layer: nn.Module, output: Tensor) -> Tensor:
        return output

    def matrix(self) -> LastLayer | None:
        """The layer, if it multiplies by a matrix of its own that no layer before it shares."""
        if self._last is None:
            return None
        name, layer, x = self._last
        found = read_matrices(layer, x, 1, torch.Generator())
        is_shared = any(self._times[one] > 1 for one in layer.parameters(recurse=False))
        if found is None or is_shared or isinstance(layer, nn.MultiheadAttention):
            return None
        return LastLayer(name, layer, x, found.weight.shape[:2].numel())


STARTS.register(PREDICTED)(Start(needs=("hypernetwork",), apply=predict))
STARTS.register(PREDICTED_HEAD)(
    Start(
        needs=("samples", "labels", "hypernetwork"),
        samples=_SAMPLES,
        apply=predict_and_fit_head,
    )
)

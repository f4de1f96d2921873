"""The last layer of a network, fitted to what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas.seeding import generator
from nas.training.starts.fitted.head import fit_head

if TYPE_CHECKING:
    from nas.training.starts.given import Given


@dataclass(frozen=True, eq=False)
class LastLayer:
    """The last layer that ran, if it is no attention.

    Attributes:
        name: Its name.
        layer: Itself.
        x: Its input.
        outputs: Number of its outputs.
    """

    name: str
    layer: nn.Module
    x: Tensor
    outputs: int

    def fit(self, given: Given) -> str | None:
        """Fit it to the labels; in words, what it got.

        None if it has another task, is in part frozen, or is no matrix, as of a wider window.
        """
        features = self._features()
        weight, bias = self.layer.weight, self.layer.bias
        assert isinstance(weight, Tensor)
        is_matrix = weight.shape[:1].numel() == self.outputs == given.targets.shape[1]
        if not is_matrix or weight[0].numel() != features[0].numel():
            return None
        is_frozen = any(not one.requires_grad for one in self.layer.parameters(recurse=False))
        if is_frozen or len(features) != len(given.labels):
            return None
        rows = given.rows
        head = fit_head(
            features[rows],
            given.targets,
            given.labels[rows],
            given.loss,
            generator(given.seed, "head"),
            bias=isinstance(bias, Tensor),
        )
        weight.copy_(head.weight.view_as(weight))
        if isinstance(bias, Tensor):
            bias.copy_(head.bias)
        return (
            f"ridge regression on the labels, penalty {head.penalty:.2g}, scale {head.scale:.2g}"
        )

    def _features(self) -> Tensor:
        """What it reads (rows, d), averaged over positions as the scores behind it are."""
        x = self.x.to_dense() if self.x.is_sparse else self.x
        if isinstance(self.layer, _ConvNd):
            return x.flatten(2).mean(2)
        return x.flatten(1, -2).mean(1) if x.dim() > 2 else x

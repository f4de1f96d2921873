"""Initial weights fitted to training samples, in one forward pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas.seeding import generator
from nas.training.starts.fitted.branches import BranchEnds, switch_on
from nas.training.starts.fitted.head import fit_head
from nas.training.starts.fitted.layers import LayerFit
from nas.training.starts.start import STARTS, Start
from nas.training.starts.walk import walk

if TYPE_CHECKING:
    from nas.training.starts.card import LayerStart
    from nas.training.starts.fitted.layers import LastLayer
    from nas.training.starts.given import Given

FITTED = "fitted"
"""The name of the start that is fitted to training samples."""
_BRANCH = 0.3
"""Scale of residual branches that end without a norm."""


@torch.no_grad()
def fit(module: nn.Module, given: Given) -> tuple[LayerStart, ...]:
    """Fit the weights of a module to samples, layer by layer in the order in which they run.

    The first convolution whitens patches of the inputs. Other linear layers, convolutions and
    attentions get orthogonal rows, some of them turned towards what predicts the labels. Each
    channel has mean 0, if the layer has a bias, and deviation 1; residual branches that end
    without a norm are scaled down, and those that are switched off are switched on. The last layer
    is a ridge regression on the labels, if it has one output for each. See ``benchmarks/starts``.
    """
    switched_on = switch_on(module)
    branches = BranchEnds(_BRANCH)
    fitting = LayerFit(given, branches)
    with branches:
        walk(module, given.inputs, fitting)
    layers = fitting.layers | switched_on
    for name in branches.found:
        layers[name] = replace(layers[name], given=f"{layers[name].given}, times {_BRANCH:g}")
    last = fitting.last
    if last is not None and last.outputs == given.targets.shape[1]:
        features = _features(last)
        if len(features) == len(given.labels):
            what = _fit_head(last.layer, features, given)
            layers[last.name] = replace(layers[last.name], given=what)
    return tuple(layers.values())


def _features(last: LastLayer) -> Tensor:
    """What the last layer reads (rows, d), averaged over positions as the scores behind it are."""
    x = last.x.to_dense() if last.x.is_sparse else last.x
    if isinstance(last.layer, _ConvNd):
        return x.flatten(2).mean(2)
    return x.flatten(1, -2).mean(1) if x.dim() > 2 else x


def _fit_head(layer: nn.Module, features: Tensor, given: Given) -> str:
    """Fit the last layer; in words, what it got."""
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, Tensor)
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
    return f"ridge regression on the labels, penalty {head.penalty:.2g}, scale {head.scale:.2g}"


STARTS.register(FITTED)(
    Start(
        needs=("samples", "labels"),
        apply=fit,
    )
)

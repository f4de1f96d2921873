"""Initial weights fitted to training samples, in one forward pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from nas.training.starts.fitted.branches import BranchEnds, switch_on
from nas.training.starts.fitted.layers import LayerFit
from nas.training.starts.start import STARTS, Start
from nas.training.starts.walk import walk

if TYPE_CHECKING:
    from torch import nn

    from nas.training.starts.card import LayerStart
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
    head = None if fitting.last is None else fitting.last.fit(given)
    if fitting.last is not None and head is not None:
        name = fitting.last.name
        layers[name] = replace(layers[name], given=head)
    return tuple(layers.values())


STARTS.register(FITTED)(
    Start(
        needs=("samples", "labels"),
        apply=fit,
    )
)

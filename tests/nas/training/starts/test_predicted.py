from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import ConfigError
from nas.training.starts.begin import begin
from nas.training.starts.given import given_tensors
from nas.training.starts.predicted import PREDICTED_HEAD, predict_and_fit_head
from tests.nas.training.starts.start_toys import (
    ENDS_WITHOUT_A_MATRIX,
    Transformer,
    convolutional,
    given,
    images,
)


def set_to(values):
    """A hypernetwork that predicts these values."""
    return lambda module: module.load_state_dict(values)


def predicted(module):
    """Values that are not those of the module."""
    draw = torch.Generator().manual_seed(5)
    return {
        name: value + 0.1 * torch.randn(value.shape, generator=draw)
        if value.is_floating_point()
        else value
        for name, value in module.state_dict().items()
    }


@pytest.mark.parametrize(("make", "head"), [(convolutional, "11"), (Transformer, "head")])
def test_all_but_the_last_layer_are_those_of_the_hypernetwork(make, head):
    module = make()
    values = predicted(module)
    card = begin(module, PREDICTED_HEAD, replace(given(), predict=set_to(values)))

    for name, value in module.state_dict().items():
        assert torch.equal(value, values[name]) != name.startswith(f"{head}."), name
    (layer,) = card.layers
    assert (layer.name, layer.layer) == (head, "Linear")
    assert layer.given.startswith("ridge regression on the labels")
    assert card.steps > 0


def test_the_fitted_head_classifies_new_samples_better_than_the_predicted_one():
    module = convolutional()
    values = predicted(module)
    x, labels = images(seed=1)

    def loss():
        with torch.no_grad():
            return float(F.cross_entropy(module(x), labels))

    module.load_state_dict(values)
    before = loss()
    begin(module, PREDICTED_HEAD, replace(given(), predict=set_to(values)))
    assert loss() < 0.8 * before


def with_shared_weights():
    first, last = nn.Linear(3, 3), nn.Linear(3, 3)
    last.weight = first.weight
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 3), first, nn.ReLU(), last)


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Flatten(), nn.Linear(192, 3), nn.LayerNorm(3)),
        with_shared_weights(),
        *(nn.Sequential(nn.Conv2d(3, 3, 3), *end) for end in ENDS_WITHOUT_A_MATRIX),
    ],
)
def test_a_network_without_a_last_linear_layer_keeps_the_predicted_one(module):
    module.load_state_dict(predicted(module))
    values = {name: value.clone() for name, value in module.state_dict().items()}
    card = begin(module, PREDICTED_HEAD, replace(given(), predict=set_to(values)))
    assert card.layers == ()
    assert all(torch.equal(module.state_dict()[name], values[name]) for name in values)


def test_a_frozen_head_is_kept():
    module = convolutional()
    module[-1].bias.requires_grad_(False)
    values = predicted(module)
    assert begin(module, PREDICTED_HEAD, replace(given(), predict=set_to(values))).layers == ()


def test_it_needs_a_hypernetwork():
    with pytest.raises(ConfigError, match="needs a hypernetwork"):
        begin(convolutional(), PREDICTED_HEAD, given())


def test_large_images_are_read_in_parts():
    module = convolutional()
    values = predicted(module)
    sizes = []
    module.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    x, labels = images(300)
    many = replace(
        given_tensors(x, labels, 3), inputs=(F.interpolate(x, 80),), predict=set_to(values)
    )
    many = replace(many, labels=labels, targets=F.one_hot(labels, 3).float())
    (layer,) = predict_and_fit_head(module, many)

    assert sizes == [150, 150]
    assert layer.given.startswith("ridge regression")

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

from nas.modules.batch_statistics import measure_statistics
from nas.training.starts.fitted.branches import NORMS
from nas.training.starts.fitted.fitted import fit
from nas.training.starts.given import given_tensors
from tests.nas.training.starts.start_toys import (
    ENDS_WITHOUT_A_MATRIX,
    Transformer,
    convolutional,
    given,
    images,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolutional": convolutional,
    "transformer": Transformer,
}


def outputs_of(module: nn.Module, x: torch.Tensor) -> dict[nn.Module, torch.Tensor]:
    found: dict[nn.Module, torch.Tensor] = {}
    for part in module.modules():
        if isinstance(part, nn.Linear | _ConvNd):
            part.register_forward_hook(lambda layer, _, y: found.__setitem__(layer, y))
    with torch.no_grad():
        module.train()(x)
    return found


def test_every_channel_has_deviation_one_and_with_a_bias_mean_zero():
    module, samples = convolutional(), given()
    fit(module, samples)
    *hidden, _ = outputs_of(module, *samples.inputs).items()
    for layer, y in hidden:
        deviation, mean = torch.std_mean(y, (0, 2, 3))
        assert torch.allclose(deviation, torch.ones_like(deviation), atol=1e-3)
        assert layer.bias is None or mean.abs().max() < 1e-3


def test_the_first_convolution_whitens_patches():
    module, samples = convolutional(), given()
    fit(module, samples)
    (y, *_) = outputs_of(module, *samples.inputs).values()
    covariance = torch.corrcoef(y.transpose(0, 1).flatten(1)) - torch.eye(8)
    torch.manual_seed(0)
    usual = torch.corrcoef(convolutional()[0](*samples.inputs).transpose(0, 1).flatten(1))
    assert covariance.abs().mean() < 0.25 * (usual - torch.eye(8)).abs().mean()


def test_rows_without_labels_are_orthogonal():
    first = nn.Linear(16, 12)
    module = nn.Sequential(first, nn.ReLU(), nn.Linear(12, 5))
    x = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
    fit(module, given_tensors(x, torch.arange(64) % 5, 5))
    rows = nn.functional.normalize(first.weight.detach())
    alike = ((rows @ rows.T) - torch.eye(12)).abs() < 1e-4
    plain = alike.sum(1) >= 12 - 4  # four of twelve rows are mixed with label directions
    assert plain.sum() == 8


@pytest.mark.parametrize("name", NETWORKS)
def test_the_head_beats_chance_by_a_wide_margin_without_a_step(name):
    module = NETWORKS[name]()
    fit(module, given())
    x, labels = images(96, seed=1)
    measure_statistics(module, x)
    with torch.no_grad():
        right = module.eval()(x).argmax(1) == labels
    assert right.float().mean() > 0.8


@pytest.mark.parametrize("name", NETWORKS)
def test_buffers_and_modes_are_left_as_they_were(name):
    module = NETWORKS[name]()
    next(part for part in module.modules() if isinstance(part, NORMS)).eval()
    modes = [part.training for part in module.modules()]
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    fit(module, given())
    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in module.named_buffers())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert all(p.requires_grad and p.grad is None for p in module.parameters())


def test_the_seed_alone_decides():
    states: list[dict[str, torch.Tensor]] = []
    for seed in (1, 1, 2):
        module = convolutional()
        torch.manual_seed(len(states))
        fit(module, given(seed=seed))
        states.append(module.state_dict())
    same, other = (
        all(torch.equal(states[0][name], later[name]) for name in later) for later in states[1:]
    )
    assert same
    assert not other


@pytest.mark.parametrize("count", [2, 3, 5, 300])
def test_samples_may_be_few_or_many(count):
    module = convolutional()
    fit(module, given(count))
    assert all(bool(p.isfinite().all()) for p in module.parameters())


def test_residual_branches_are_scaled_and_switched_on():
    module = Transformer()
    layers = {layer.name: layer.given for layer in fit(module, given())}
    assert layers["attention"].endswith("times 0.3")
    assert "times" not in layers["down"]  # a layer scale follows
    assert layers[""] == "scale = 1"
    assert bool((module.scale == 1).all())
    q, k, _ = module.attention.in_proj_weight.detach().chunk(3)
    assert not torch.allclose(q, k)


def test_slopes_of_activations_are_no_layer_scales():
    module = nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.PReLU(8), nn.Linear(8, 3))
    fit(module, given())
    assert bool((module.get_parameter("2.weight") == 0.25).all())


def test_norms_of_zeros_are_switched_on():
    module = convolutional()
    assert isinstance(module[1].weight, torch.Tensor)
    nn.init.zeros_(module[1].weight)
    layers = {layer.name: layer.given for layer in fit(module, given())}
    assert layers["1"] == "weight = 1"


def test_layers_that_keep_their_weights_are_named_with_the_reason():
    torch.manual_seed(0)
    shared = nn.Linear(8, 8)
    twin = nn.Linear(8, 8)
    twin.weight = shared.weight
    frozen = nn.Linear(8, 8).requires_grad_(requires_grad=False)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ConvTranspose2d(8, 8, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        shared,
        twin,
        frozen,
        nn.Linear(8, 3),
    )
    kept = {name: p.clone() for name, p in module.named_parameters() if name[0] in "16"}
    given_to = {layer.name: layer for layer in fit(module, given())}
    assert [name for name, layer in given_to.items() if not layer.fitted] == ["1", "5", "6"]
    assert [given_to[name].given for name in ("1", "5", "6")] == [
        "kept: layers of this kind are not fitted",
        "kept: shared with a layer before it",
        "kept: frozen",
    ]
    assert given_to["7"].given.startswith("ridge regression")
    assert all(torch.equal(p, module.get_parameter(name)) for name, p in kept.items())


def test_dead_inputs_leave_numbers():
    module = nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.ReLU(), nn.Linear(8, 3))
    fit(module, given_tensors(torch.zeros(12, 3, 8, 8), torch.arange(12) % 3, 3))
    assert all(bool(p.isfinite().all()) for p in module.parameters())


@pytest.mark.parametrize("several", [False, True])
def test_numbers_and_several_labels_are_fitted(several):
    x, labels = images()
    targets = torch.stack([(labels == k).float() for k in range(2)], 1)
    targets = targets if several else 3 + 2 * targets
    module = convolutional(classes=2)
    fit(module, given_tensors(x, targets, 2))
    with torch.no_grad():
        outputs = module.train()(x)
    if several:
        assert ((outputs > 0) == targets.bool()).float().mean() > 0.8
    else:
        assert (outputs - targets).square().mean() < 0.5 * targets.var()


@pytest.mark.parametrize("end", ENDS_WITHOUT_A_MATRIX)
def test_only_a_last_layer_that_is_a_matrix_gets_a_ridge_regression(end):
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), *end)
    layers = {layer.name: layer for layer in fit(module, given())}

    assert layers["0"].given == "whitening filters"
    assert not layers["2"].given.startswith("ridge")

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from nas.compile.apply import apply
from nas.evaluate.predicted_module import predict_module
from nas.importers.from_module import from_module
from tests.hypernets.hypernet_toys import make_hypernet
from tests.zoo.small_structures import STRUCTURE_NETWORKS
from tests.zoo.specimen import relative_error, tensors, within

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from tests.zoo.zoo_network import ZooNetwork

BY_NAME = {network.name: network for network in STRUCTURE_NETWORKS}


def convolutional(classes: int = 4) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, classes),
    )


def copies(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("network", STRUCTURE_NETWORKS, ids=str)
def test_what_is_covered_is_replaced_and_nothing_else(network: ZooNetwork) -> None:
    model = network.model()
    before = copies(model)
    parameters = dict(model.named_parameters())
    found = predict_module(make_hypernet(), model, network.inputs(1))
    assert found.model is model
    assert dict(model.named_parameters()) == parameters  # the same objects
    for name, parameter in parameters.items():
        kept = within(name, (*network.unused, *network.opaque, *network.kept))
        assert torch.equal(parameter, before[name]) == kept, name
    assert set(found.coverage.excluded) == {n for n in parameters if within(n, network.unused)}
    assert set(found.coverage.kept) == {n for n in parameters if within(n, network.kept)}
    assert set(found.coverage.opaque) == {n for n in parameters if within(n, network.opaque)}


@torch.no_grad()
@pytest.mark.parametrize(
    "name", ["tied convolution", "tied weights", "raw parameters", "scripted part", "two inputs"]
)
def test_the_module_computes_what_the_graph_does_with_the_predicted_weights(name: str) -> None:
    network, hypernet = BY_NAME[name], make_hypernet()
    model = network.model()
    imported = from_module(model, network.inputs(1))
    predict_module(hypernet, model, network.inputs(1))
    (params,) = hypernet.predict([imported.graph])
    fresh = from_module(model, network.inputs(1)).state  # statistics begin afresh
    xs = network.inputs(3)
    expected = apply(imported.graph, {**fresh, **params}, *xs)
    assert relative_error(tensors(model.eval()(*xs)), tensors(expected)) < 1e-5


def test_a_call_of_the_hypernetwork_gives_the_module_back() -> None:
    hypernet = make_hypernet()
    called, predicted = convolutional(), convolutional()
    assert hypernet(called) is called
    predict_module(hypernet, predicted, torch.zeros(1, 3, 32, 32))
    for own, other in zip(called.parameters(), predicted.parameters(), strict=True):
        assert torch.equal(own, other)
    assert all(p.is_leaf and p.requires_grad for p in called.parameters())


@pytest.mark.parametrize("classes", [2, 10, 37])
def test_heads_have_any_number_of_classes(classes: int) -> None:
    model = convolutional(classes)
    before = copies(model)
    make_hypernet()(model)
    assert model[5].weight.shape == (classes, 8)
    changed = model.get_parameter("5.weight") - before["5.weight"]
    assert changed.abs().amax(1).all()  # every class


def test_data_type_mode_and_being_frozen_are_kept() -> None:
    model, single = convolutional().double(), convolutional()
    model[0].weight.requires_grad = False
    model[1].eval()
    predict_module(make_hypernet(), model, frozen="predict")
    predict_module(make_hypernet(), single)
    assert [part.training for part in model.children()] == [True, False, *[True] * 4]
    assert not model[0].weight.requires_grad
    for own, other in zip(model.parameters(), single.parameters(), strict=True):
        assert own.dtype is torch.float64
        torch.testing.assert_close(own.float(), other)


class Held(nn.Module):
    """Weights of many kinds, most of them not learned."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.mask = nn.Parameter(torch.arange(8) % 2 == 0, requires_grad=False)
        self.index = nn.Parameter(torch.arange(8).flip(0), requires_grad=False)
        self.small = nn.Parameter(torch.arange(64).reshape(8, 8).char(), requires_grad=False)
        self.table = nn.Parameter(torch.arange(8.0).sin(), requires_grad=False)
        self.filter = nn.Parameter(torch.zeros(8, 8, dtype=torch.cdouble))

    def forward(self, x: Tensor) -> Tensor:
        x = (self.layer(x) + self.table)[:, self.index] * self.mask @ self.small.float()
        return torch.fft.ifft(torch.fft.fft(x).to(torch.cdouble) @ self.filter).real


def test_what_is_not_learned_stays_and_is_reported() -> None:
    model = Held()
    before = copies(model)
    found = predict_module(make_hypernet(), model, torch.zeros(1, 8))
    kept = {"mask": 8, "index": 8, "small": 64, "table": 8}
    assert found.coverage.kept == kept
    assert found.coverage.predicted == {"layer.weight": 64, "layer.bias": 8, "filter": 64}
    assert found.coverage.share == 136 / 224
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]) == (name in kept), name


def test_frozen_parameters_are_predicted_where_it_is_asked_for() -> None:
    model = Held()
    before = copies(model)
    found = predict_module(make_hypernet(), model, torch.zeros(1, 8), frozen="predict")
    assert set(found.coverage.kept) == {"mask", "index", "small"}
    assert not torch.equal(model.table, before["table"])
    assert not model.table.requires_grad


def test_both_parts_of_a_complex_parameter_are_predicted() -> None:
    model = Held()
    predict_module(make_hypernet(), model, torch.zeros(1, 8))
    for part in (model.filter.real, model.filter.imag):
        assert 0.01 < part.std() < 1
    assert not torch.equal(model.filter.real, model.filter.imag)


def test_a_module_of_which_all_is_frozen_is_left_as_it_was() -> None:
    model = convolutional().requires_grad_(False)
    model.get_buffer("1.running_mean").fill_(3)
    before = copies(model)
    assert predict_module(make_hypernet(), model).coverage.share == 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_statistics_begin_afresh_or_are_measured() -> None:
    model, images = convolutional(), 5 + torch.randn(32, 3, 8, 8)
    model(images)  # leaves its statistics
    predict_module(make_hypernet(), model)
    assert model[1].num_batches_tracked == 0
    assert torch.equal(model.get_buffer("1.running_var"), torch.ones(8))
    predict_module(make_hypernet(), model, calibration=images)
    read = model[0](images).detach()
    torch.testing.assert_close(model[1].running_mean, read.mean((0, 2, 3)))
    torch.testing.assert_close(model[1].running_var, read.var((0, 2, 3)))


class Spare(nn.Module):
    """Has a norm that no output depends on."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.norm = convolutional(), nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.body(x)
        return scores


def test_statistics_of_what_is_left_as_it_was_are_left() -> None:
    model = Spare()
    mean = model.get_buffer("norm.running_mean").fill_(3)
    found = predict_module(make_hypernet(), model)
    assert set(found.coverage.excluded) == {"norm.weight", "norm.bias"}
    assert torch.equal(mean, torch.full((8,), 3.0))


@pytest.mark.parametrize("name", ["tied weights", "shared module", "buffers", "unused layers"])
def test_the_file_fills_a_fresh_module(name: str, tmp_path: Path) -> None:
    network = BY_NAME[name]
    found = predict_module(make_hypernet(), network.build(), network.inputs(1))
    found.save(tmp_path / "w.safetensors")
    fresh = network.build()
    buffers = {n: b for n, b in found.model.named_buffers() if n not in fresh.state_dict()}
    fresh.load_state_dict(load_file(tmp_path / "w.safetensors"))
    for buffer, tensor in buffers.items():  # that no state holds
        fresh.get_buffer(buffer).copy_(tensor)
    xs = network.inputs(2)
    assert torch.equal(fresh.eval()(*xs), found.model.eval()(*xs))


def test_times_are_told_apart() -> None:
    found = predict_module(make_hypernet(), convolutional())
    assert found.seconds.keys() == {"import", "predict"}
    assert all(seconds > 0 for seconds in found.seconds.values())

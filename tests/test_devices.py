"""Everything that runs on a GPU, on a device whose tensors cannot be mixed with others."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import nn

import nas
import search_spaces
from hypernets.checkpoint import load
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.exporting.final_training import train_and_save
from nas.seeding import rng
from nas.space.candidate import sample
from nas.training.config import TrainConfig
from tests.elsewhere import Apart, elsewhere


class Serial:
    """An executor that works at once: the device is there for this thread alone."""

    def __init__(self, workers=1) -> None: ...

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None: ...

    def map(self, function, *rows):
        return map(function, *rows)

    def submit(self, function, *args):
        future: Future[Any] = Future()
        future.set_result(function(*args))
        return future


@pytest.fixture
def place(monkeypatch):
    # a fused optimiser has a list of devices
    monkeypatch.setattr(
        sys.modules["torch.optim.optimizer"],
        "_get_fused_kernels_supported_devices",
        lambda: ["cpu", "cuda", "meta"],
    )
    monkeypatch.setattr("nas.evaluate.meter.ThreadPoolExecutor", Serial)
    monkeypatch.setattr("hypernets.training.train.ThreadPoolExecutor", Serial)
    monkeypatch.setattr("torch.autocast", lambda *_, **__: nullcontext())  # knows real devices
    with elsewhere() as found:
        yield found


def test_mistakes_are_found(place):
    x, w = torch.randn(2, 3).to(place), torch.randn(3, 3)
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        x @ w
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        x + torch.zeros(3)
    assert isinstance(x * 2 + torch.tensor(1.0), Apart)
    assert isinstance(torch.zeros(3, device=place), Apart)
    assert not isinstance(x.cpu(), Apart)


def test_values_and_gradients_are_those_of_the_cpu(place):
    torch.manual_seed(0)
    here = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    x = torch.randn(2, 1, 5, 5)
    here(x).square().sum().backward()
    expected = [one.grad.clone() for one in here.parameters() if one.grad is not None]
    here.zero_grad()
    there = here.to(place)
    there(x.to(place)).square().sum().backward()
    for parameter, grad in zip(there.parameters(), expected, strict=True):
        assert isinstance(parameter.grad, Apart)
        torch.testing.assert_close(parameter.grad.cpu(), grad)


@pytest.fixture(scope="module")
def data():
    return nas.load_dataset("digits")


@pytest.fixture(scope="module")
def drawn(data):
    space = search_spaces.get("nasnet", data.task)
    return [sample(space, rng(0, "devices", index)) for index in range(2)]


def test_predicted_weights_are_on_the_device_of_the_hypernetwork(place, drawn):
    model = load("nasnet-digits").to(place)
    for params in model.predict([one.network for one in drawn]):
        assert all(isinstance(tensor, Apart) for tensor in params.values())
    assert isinstance(model.embed([drawn[0].network]), Apart)


def test_calibration_and_scores(place, data, drawn):
    config, values = ScoreConfig(images=64, calibration=64, precision="fp32"), []
    for device in ("cpu", place):
        model = load("nasnet-digits").to(device)
        scores = Scorer(model, data.to(torch.device(device)), config, device=device)(drawn)
        found = [one for one in scores if isinstance(one, Estimate)]
        assert len(found) == len(drawn), scores
        values.append([(one.loss, one.naswot, one.readout) for one in found])
    assert values[0] == [pytest.approx(row, rel=1e-3) for row in values[1]]


def test_training_and_export(place, data, drawn, tmp_path):
    config = TrainConfig(epochs=1, batch_size=256, precision="fp32")
    found = train_and_save(drawn[0].network, data, tmp_path, config, device=place)
    assert 0 <= found.test_accuracy <= 1
    assert (tmp_path / "model.safetensors").is_file()


@pytest.mark.slow
def test_a_step_of_training_a_hypernetwork(place, data, tmp_path, monkeypatch):
    monkeypatch.setattr("hypernets.measure.ARCHITECTURES", 4)
    space = search_spaces.get("nb201:channels=4,cells=1", data.task)
    trained = train_hypernet(
        space,
        data,
        tmp_path,
        proxy={"channels": 4, "cells": 1, "resolution": 8},
        settings={"hidden": 8},
        training=HypernetTraining(
            steps=1, meta_batch=2, batch_size=16, workers=1, precision="fp32"
        ),
        device=place,
    )
    assert all(isinstance(one, Apart) for one in trained.parameters())

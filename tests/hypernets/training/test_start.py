"""Trainings that start from a trained hypernetwork."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from hypernets import measure as measure_module
from hypernets.checkpoint import load
from hypernets.training.config import HypernetTraining
from hypernets.training.train import seconds_per_step, train_hypernet
from nas.errors import CheckpointError, ConfigError
from nas.events import Advanced, Noted
from tests.hypernets.hypernet_toys import SMALL, digits, mixed

TRAINING: dict[str, Any] = {"steps": 2, "meta_batch": 2, "batch_size": 16}
STILL = 1e-30
"""A learning rate at which weights stay as they are."""


@pytest.fixture(autouse=True)
def _few_architectures_are_measured(monkeypatch):
    monkeypatch.setattr(measure_module, "ARCHITECTURES", 8)


@pytest.fixture
def taught(tmp_path):
    return train(tmp_path / "taught", settings=SMALL, seed=7)


def train(out, *, space=None, data=None, settings=None, listen=None, **options):
    own = {key: options.pop(key) for key in ("start", "hypernet") if key in options}
    heard = {} if listen is None else {"listen": listen}
    training = HypernetTraining(**{**TRAINING, **options})
    return train_hypernet(
        space or mixed("deep"),
        data or digits(),
        out,
        settings=settings,
        training=training,
        **own,
        **heard,
    )


def test_it_goes_on_from_those_weights_in_another_space(tmp_path, taught):
    found = train(tmp_path / "new", space=mixed("linear"), start=taught, lr=STILL)

    assert found.config == taught.config
    for name, tensor in taught.state_dict().items():
        assert_close(found.state_dict()[name], tensor, rtol=0, atol=1e-20, msg=name)
    assert found.card.training["start"]["name"] == "taught"
    assert found.card.measured  # in the new space


def test_classes_beyond_its_own_are_new(tmp_path, taught):
    task = replace(digits().task, classes=12)
    more = replace(digits(), task=task, class_names=())
    space = replace(mixed("deep"), task=task)
    found = train(tmp_path / "new", space=space, data=more, start=taught, lr=STILL)

    vectors = found.decoder.class_vectors
    assert vectors.shape[-1] == 12
    assert_close(vectors[..., :10], taught.decoder.class_vectors, rtol=0, atol=1e-20)
    assert vectors[..., 10:].abs().min() > 0


def test_its_pace_is_that_of_the_weights_it_starts_from(monkeypatch, taught):
    training = HypernetTraining(**TRAINING)
    assert seconds_per_step(mixed("deep"), digits(), start=taught, training=training) > 0
    with pytest.raises(ConfigError, match="has its family"):
        seconds_per_step(mixed("deep"), digits(), start=taught, settings=SMALL)


def test_an_interrupted_training_resumes_and_another_start_is_refused(tmp_path, taught):
    whole = train(tmp_path / "whole", start=taught, steps=12)
    heard = []

    def interrupt(event):
        heard.append(event)
        if isinstance(event, Advanced) and event.done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "new", start=taught, steps=12, listen=interrupt)
    other = train(tmp_path / "other", settings=SMALL, seed=8)
    with pytest.raises(CheckpointError, match="start"):
        train(tmp_path / "new", start=other, steps=12)
    resumed = train(tmp_path / "new", start=taught, steps=12, listen=heard.append)

    assert any(isinstance(event, Noted) and "going on at step" in event.text for event in heard)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name


@pytest.mark.parametrize("given", [{"settings": {"hidden": 4}}, {"hypernet": "ghn1"}])
def test_another_family_or_other_sizes_are_refused(tmp_path, taught, given):
    with pytest.raises(ConfigError, match=r"'taught' has its family \(ghn2\) and sizes"):
        train(tmp_path / "new", start=taught, **given)


def test_one_for_graphs_is_refused_for_images(tmp_path):
    with pytest.raises(ConfigError, match=r"for the nodes of a graph, but .* holds images"):
        train(tmp_path / "new", start=load("gnn-cora"))

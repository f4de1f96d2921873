"""Architectures, run folders and hypernetworks of version 0.1.0 (2026-11) mean the same today.

``written/`` was made by one call each of ``train_hypernet`` (finished, and interrupted at step 10
of 20) and ``nas.search`` (8 candidates); ``continued.json`` holds the trials of the same search
with 12.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

import hypernets
import nas
import search_spaces
from cli.space import task_for
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.events import Noted, StageStarted, ignore
from nas.space.candidate import candidate

HERE = Path(__file__).parent
WRITTEN = HERE / "written"
ARCHITECTURES = json.loads((HERE / "architectures.json").read_text())
SHIPPED = (
    "deepnets-cifar10",
    "deepnets-digits",
    "gnn-cora",
    "gnn-digits-knn",
    "gnn-layers-digits-knn",
    "nasnet-digits",
    "nb201-cifar10",
    "resnet-cluttered-digits",
)


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row['space']}-{row['hash'][:4]}")
def test_an_architecture_keeps_its_hash_and_cost(row):
    found = candidate(search_spaces.get(row["space"], task_for(row["space"])), row["architecture"])
    assert found.architecture == row["architecture"]
    assert found.hash == row["hash"]
    assert nas.cost(found.network).params == row["parameters"]
    assert nas.cost(found.network).macs == row["macs"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_hypernetwork_loads(name):
    assert hypernets.load(name).card.reference


def toy_space(data):
    return search_spaces.get("nb201", data.task, channels=4, cells=1)


def search(folder: Path, hypernet, n_trials: int, listen) -> nas.SearchResult:
    """The search that was written, continued."""
    data = nas.load_dataset("digits")
    return nas.search(
        toy_space(data),
        data,
        hypernet,
        n_trials=n_trials,
        generation=4,
        finalists=2,
        finalist_epochs=1,
        max_epochs=2,
        constraints="params<=6e3",
        seed=3,
        device="cpu",
        out=folder,
        listen=listen,
    )


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """The run folder, at the relative path it was written to."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(WRITTEN / "run", "run"))


def keys_of(former, document):
    """The part of a document that a former version has written too."""
    if isinstance(former, dict):
        return {key: keys_of(value, document[key]) for key, value in former.items()}
    if isinstance(former, list) and len(former) == len(document):
        return [keys_of(one, other) for one, other in zip(former, document, strict=True)]
    return document


def no_training(*args, **options):
    raise AssertionError("nothing is trained")


def test_a_finished_search_is_not_repeated(run, monkeypatch):
    """It has no rivals, which are not trained afterwards either."""
    monkeypatch.setattr("nas.study.finalists.trainer.train", no_training)
    stages: list[str] = []

    def listen(event):
        if isinstance(event, StageStarted):
            stages.append(event.stage)

    result = search(run, hypernets.load(WRITTEN / "hypernet"), 8, listen)
    assert stages == []
    before = json.loads((WRITTEN / "run/result.json").read_text())
    before["trials"]["mutants"] = before["trials"].pop("children")  # as they were called
    del before["rungs"][1]  # the comparison of initial weights, which is none any more
    assert keys_of(before, json.loads((run / "result.json").read_text())) == before
    assert result.best_model is not None


def test_a_search_goes_on_as_it_did(run):
    result = search(run, hypernets.load(WRITTEN / "hypernet"), 12, ignore)
    found = [trial.user_attrs for trial in result.study.trials if trial.state.name == "COMPLETE"]
    expected = [
        row
        for row in json.loads((WRITTEN / "continued.json").read_text())
        if row["state"] == "COMPLETE"
    ]
    assert [known["hash"] for known in found] == [row["hash"] for row in expected]
    scores = {known["hash"]: known["score"] for known in found if "score" in known}
    assert scores == pytest.approx(
        {row["hash"]: row["score"] for row in expected if row["score"] is not None}, rel=1e-4
    )


def test_a_training_of_a_hypernetwork_goes_on_as_it_did(tmp_path, monkeypatch):
    monkeypatch.setattr("hypernets.measure.ARCHITECTURES", 2)
    folder = Path(shutil.copytree(WRITTEN / "interrupted", tmp_path / "interrupted"))
    data = nas.load_dataset("digits")
    heard: list[object] = []
    resumed = train_hypernet(
        toy_space(data),
        data,
        folder,
        settings={"hidden": 8, "layers": 1, "max_channels": 8, "max_kernel": 3},
        proxy={"channels": 4, "cells": 1, "resolution": 8},
        training=HypernetTraining(steps=20, batch_size=32),
        listen=heard.append,
    )
    assert Noted(text="going on at step 10 of 20") in heard
    finished = hypernets.load(WRITTEN / "hypernet").state_dict()
    for name, tensor in resumed.state_dict().items():
        torch.testing.assert_close(tensor, finished[name], rtol=1e-3, atol=1e-5)

"""A search for a network that tells the nodes of a graph, from the hypernetwork to the export."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

import nas
import search_spaces
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from tests.nas.data.graphs import communities

if TYPE_CHECKING:
    from pathlib import Path

DATA = communities()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "limit"), [("gnn:width=64", "params<=2e4"), ("graphgym", "params<=5e5")]
)
def test_it_finds_trains_and_writes_a_network(tmp_path: Path, name: str, limit: str) -> None:
    space = search_spaces.get(name, DATA.task)
    hypernet = train_hypernet(
        space,
        DATA,
        tmp_path / "hypernet",
        proxy=space.proxy_sizes(),
        training=HypernetTraining(steps=20),
    )
    assert (hypernet.card.hypernet, hypernet.card.training["lr"]) == ("ghn2-lowrank", 1e-3)
    assert hypernet.card.features == DATA.task.features
    assert set(hypernet.card.reference) == {"accuracy", "macs", "mean_path"}
    out = tmp_path / "run"
    result = nas.search(
        space,
        DATA,
        hypernet,
        n_trials=12,
        finalists=3,
        finalist_epochs=5,
        max_epochs=20,
        constraints=limit,
        out=out,
    )
    assert result.trials.complete == 12
    assert result.best.epochs == 20
    assert "initial weights" not in {effort.name for effort in result.rungs}  # default ones
    assert result.best.test_accuracy is not None
    assert result.best_model is not None
    written = runpy.run_path(str(out / "best" / "model.py"))["load"]()
    needed = "torch, torch-geometric and" if name == "graphgym" else "torch and"
    card = (out / "best" / "card.md").read_text()
    assert f"needs {needed} safetensors only" in card
    assert "network(x, edge_index)  # float (N, 6) and int64 (2, E) -> (N, 3)" in card
    x, edges = DATA.test.whole().inputs
    with torch.no_grad():
        expected = result.best_model(x, edges)
        torch.testing.assert_close(written(x, edges), expected)
    labels = DATA.test.labels
    right = (expected.argmax(1) == labels)[labels >= 0].float().mean()
    assert float(right) == pytest.approx(result.best.test_accuracy)
    assert load_file(out / "best" / "model.safetensors").keys() == written_state(written)


def written_state(module: torch.nn.Module) -> set[str]:
    return set(module.state_dict())

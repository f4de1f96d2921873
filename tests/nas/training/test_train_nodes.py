"""Training of networks that tell the nodes of a graph."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from nas.graph.builder import GraphBuilder
from nas.task.augment import EDGES_LEFT_OUT, FEATURES_LEFT_OUT, drop_features_and_edges
from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.fine_tune import fine_tune
from nas.training.train import Trained, train
from tests.nas.data.graphs import communities

if TYPE_CHECKING:
    from pathlib import Path

    from nas.events import Event
    from nas.graph.graph import Graph

DATA = communities()
CONFIG = default_training(DATA.task, 30)


def network(width: int = 8) -> Graph:
    b = GraphBuilder()
    x, edges = b.input((1, DATA.task.features)), b.edge_index()
    x = b.dropout(b.relu(b.message_passing(x, edges, "gcn", width)), 0.5)
    return b.build(b.message_passing(x, edges, "gcn", DATA.task.classes))


def test_it_learns_from_the_edges_too() -> None:
    trained = train(network(), DATA, CONFIG)
    found = evaluate(trained.module, DATA.test).accuracy
    apart = replace(DATA.test, edge_index=DATA.test.tensors[2][:, :0])  # type: ignore[type-var]
    assert found > 0.8
    assert found > evaluate(trained.module, apart).accuracy


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    trained = train(network(), DATA, CONFIG)
    best = max(trained.history, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))
    measured = evaluate(trained.module, DATA.val)
    assert trained.val_accuracy == measured.accuracy == best.val_accuracy
    assert measured.loss == pytest.approx(best.val_loss, rel=1e-5)
    last = train(network(), DATA, replace(CONFIG, keep="last"))
    assert last.history == trained.history
    assert last.val_accuracy == last.history[-1].val_accuracy


def test_the_epochs_around_the_best_one_tell_the_level() -> None:
    trained = train(network(), DATA, CONFIG)
    accuracies = [epoch.val_accuracy for epoch in trained.history]
    losses = [epoch.val_loss for epoch in trained.history]
    place = losses.index(min(losses))
    near = accuracies[max(0, place - 5) : place + 6]  # a sixth of 30 on either side
    assert trained.ranking_accuracy == pytest.approx(sum(near) / len(near))
    assert len(set(near)) > 1
    last = train(network(), DATA, replace(CONFIG, keep="last"))
    assert last.ranking_accuracy == last.val_accuracy


@pytest.mark.parametrize("epoch", [1, 12, 29])
def test_an_interrupted_training_ends_with_the_same_weights(tmp_path: Path, epoch: int) -> None:
    heard = 0

    def interrupt(event: Event) -> None:
        nonlocal heard
        heard += checkpoint.exists()
        if heard == epoch:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "state.safetensors"
    with pytest.raises(KeyboardInterrupt):
        train(network(), DATA, CONFIG, checkpoint=checkpoint, listen=interrupt)
    resumed = train(network(), DATA, CONFIG, checkpoint=checkpoint)
    whole = train(network(), DATA, CONFIG)
    assert resumed.history == whole.history
    assert _weights(resumed) == _weights(whole)


def _weights(trained: Trained) -> dict[str, list[float]]:
    return {name: t.flatten().tolist() for name, t in trained.module.state_dict().items()}


def test_fine_tuning_takes_steps_on_the_whole_graph() -> None:
    module = train(network(), DATA, default_training(DATA.task, 1)).module
    tuned = fine_tune(module, DATA, 40)
    assert tuned.after > max(tuned.before, 0.7)


def test_a_graph_with_dropped_parts_keeps_its_nodes_and_the_mean_of_its_features() -> None:
    batch = communities(nodes=900).train.whole()
    x, edges = drop_features_and_edges(batch, torch.Generator().manual_seed(9)).inputs
    whole, all_edges = batch.inputs
    assert x.shape == whole.shape
    assert float((x == 0).float().mean()) == pytest.approx(FEATURES_LEFT_OUT, abs=0.03)
    assert float(x.mean()) == pytest.approx(float(whole.mean()), rel=0.05)
    kept = edges.shape[1] / all_edges.shape[1]
    assert kept == pytest.approx(1 - EDGES_LEFT_OUT, abs=0.03)
    assert set(map(tuple, edges.T.tolist())) <= set(map(tuple, all_edges.T.tolist()))

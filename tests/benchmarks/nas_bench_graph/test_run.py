from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.nas_bench_graph.depth import longest_path
from benchmarks.nas_bench_graph.engine import Engine
from benchmarks.nas_bench_graph.lookup import Enough, Lookup
from benchmarks.nas_bench_graph.readout import Readout
from benchmarks.nas_bench_graph.recipe import RECIPES, SCORE, mean_rank, oriented
from benchmarks.nas_bench_graph.rivals import RIVALS, Ridge, one_hot, sampled
from benchmarks.nas_bench_graph.run import FIGURES, SPACE, Ranked, at_random, spread
from benchmarks.nas_bench_graph.scored import TREE, Scored, scored
from benchmarks.nas_bench_graph.search import judged
from benchmarks.nas_bench_graph.table import Trained, draw, published
from benchmarks.ranking.untrained import untrained
from nas.analysis.cost import cost
from nas.data.node_dataset import make_node_dataset
from nas.events import ignore
from nas.study.record.storage import quiet_optuna
from nas.study.selection.regressor import LEARNED_FROM

KEYS = draw(60, seed=1)
FEW = {
    "20134": Trained(0.9, 0.7, 1),
    "20133": Trained(0.8, 0.9, 1),
    "00000": Trained(0.7, 0.8, 1),
}


def blobs(nodes: int = 60):
    """Three classes of nodes, given by their features; the space's sizes are made for Cora."""
    draws = torch.Generator().manual_seed(0)
    labels = torch.arange(nodes) % 3
    x = torch.rand(nodes, 12, generator=draws) + 2 * torch.nn.functional.one_hot(labels, 12)
    edges = torch.stack([torch.arange(nodes), (torch.arange(nodes) + 3) % nodes])
    parts = tuple(torch.arange(nodes).split(nodes // 3))
    return make_node_dataset("blobs", x, edges, labels, classes=3, parts=parts)


def known(keys, quality):
    """Architectures all of whose figures say the same."""
    names = {*FIGURES, *LEARNED_FROM, *RECIPES[SCORE], "loss", "layers", "shortest_path"}
    ones = {name: np.ones(1) for name in names}
    figures = {name: quality * oriented(name, ones[name])[0] for name in names}
    return Scored(keys, figures)


def test_the_published_table():
    truth = published()
    assert len(truth) == 26_206
    best = max(truth.values(), key=lambda one: one.test)
    most = max(one.val for one in truth.values())
    look_best = max(one.test for one in truth.values() if one.val == most)
    assert (best.test, look_best) == pytest.approx((0.8313, 0.8263), abs=5e-5)


@pytest.mark.parametrize("key", KEYS[:8])
def test_the_space_has_the_parameters_of_the_table(key):
    assert cost(SPACE.graph(key)).params == published()[key].parameters


def test_all_rows_of_the_table_are_canonical():
    assert [SPACE.encode(SPACE.decode(key)) for key in KEYS] == KEYS


@pytest.mark.parametrize(("key", "depth"), [("80000", 6), ("00000", 3), ("48880", 3)])
def test_depth_counts_the_layers_of_the_longest_way(key, depth):
    assert longest_path(SPACE.graph(key).simplified) == depth


def test_a_readout_is_ridge_regression_on_what_the_head_reads():
    data = blobs()
    space = replace(SPACE, task=data.task).at(channels=8, post=False)
    graph = space.graph("00888").simplified
    found = Readout(data)(graph, [untrained(graph, 0)])
    assert found > 0.9
    noise = replace(data, val=replace(data.val, labels=data.val.labels.roll(1)))
    assert Readout(noise)(graph, [untrained(graph, 0)]) < 0.2


def test_scores_are_gone_on_with(tmp_path, monkeypatch):
    file, keys = tmp_path / "scores.jsonl", KEYS[:3]
    row = {"figures": {"brier": 0.5}}
    file.write_text("".join(json.dumps({"key": key, **row}) + "\n" for key in keys[:2]) + '{"ke')
    asked = []

    def measured(missing, *others):
        asked.extend(missing)
        return [{"key": key, **row} for key in missing]

    monkeypatch.setattr("benchmarks.nas_bench_graph.scored._measured", measured)
    monkeypatch.setattr("benchmarks.nas_bench_graph.scored.Scorer", lambda *others: None)
    nobody: Any = None
    found = scored(keys, SPACE, blobs(), nobody, file, ignore)
    assert asked == keys[2:]
    assert found.figures["brier"].tolist() == [0.5] * 3
    assert scored(keys, SPACE, blobs(), nobody, file, ignore).keys == keys
    assert asked == keys[2:]


def test_mean_rank_turns_figures_and_puts_failures_last():
    figures = {
        "brier": np.array([0.2, np.nan, 0.4]),
        "untrained_readout": np.array([0.9, 0.1, 0.5]),
    }
    assert mean_rank(figures, ("brier", "untrained_readout")).argsort().tolist() == [1, 2, 0]


@pytest.mark.parametrize(("sees", "picked"), [("val", [0.8, 0.9, 0.7]), ("test", [0.8, 0.9, 0.9])])
def test_a_search_is_judged_by_the_test_accuracy_of_what_looked_best(sees, picked):
    train = Lookup(FEW, sees, 3)
    assert train("88888") == 0.0
    for key in (*list(FEW)[::-1], "00000"):
        train(key)
    assert [train.picked(count) for count in (1, 2, 3)] == picked


def test_trainings_are_limited():
    train = Lookup(FEW, "val", 1)
    assert train("20134") == train("20134") == 0.9
    with pytest.raises(Enough):
        train("20133")


@pytest.mark.parametrize("name", RIVALS)
def test_rivals_stop_when_the_trainings_are_used_up(name):
    train = Lookup(published(), "test", 12)
    with pytest.raises(Enough):
        sampled(name, SPACE, train, seed=0)
    assert train.picked(12) >= train.picked(1)


def test_ridge_beats_the_mean_architecture():
    truth = dict(list(published().items())[::50])
    search = Ridge([SPACE.decode(key) for key in truth], list(truth))
    found = judged(search, Lookup(truth, "test", 20), 0, [20])
    assert found[0] > np.quantile([one.test for one in truth.values()], 0.9)


def test_one_hot_encodes_links_places_and_counts():
    features = one_hot([SPACE.decode(key) for key in KEYS])
    assert features.shape == (60, 54)
    assert (features[:, :9].sum(1) == 1).all()
    assert (features[:, 9:45].sum(1) == features[:, 45:].sum(1)).all()


def test_the_engine_trains_the_best_scores_first():
    tests = np.array([published()[key].test for key in KEYS])
    trained: list[str] = []

    def train(key):
        trained.append(key)
        return published()[key].test

    data = blobs()
    space = replace(SPACE, task=data.task)
    with quiet_optuna():
        Engine(space, data, known(KEYS, tests), tests, 60, 8)(train, seed=0)
    _largest, best, *_ = trained
    assert published()[best].test == tests.max()
    assert len(set(trained)) == len(trained) == 9


def test_only_architectures_that_were_not_trained_are_compared():
    tests = np.array([published()[key].test for key in KEYS])
    ranked = Ranked(known(KEYS, tests))
    rows = spread(ranked.score, 10, 0)
    assert ranked.unseen("score", rows)[0] == pytest.approx(1.0)
    assert ranked.unseen("regressor, trained on test accuracy", rows)[0] > 0.8
    assert ranked.agreement("untrained_readout")[0] == pytest.approx(1.0)
    backwards = Ranked(known(KEYS, -tests))
    assert backwards.unseen("score", rows)[0] == pytest.approx(-1.0)


@pytest.mark.parametrize("choose", [at_random, spread])
def test_as_many_different_rows_as_asked_for(choose):
    assert len(set(choose(np.random.default_rng(0).random(100), 20, 0).tolist())) == 20


def test_the_tree_alone_has_no_layer_behind_it():
    assert "post.weight" not in SPACE.at(**TREE).graph(KEYS[0]).parameters()

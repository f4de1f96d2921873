from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

import search_spaces
from benchmarks.nb201_search.engine import Engine
from benchmarks.nb201_search.forecast import Ranked, at_random, spread
from benchmarks.nb201_search.rivals import MODELS, SAMPLERS, Modelled, one_hot, sampled
from benchmarks.nb201_search.run import Enough, Lookup
from benchmarks.nb201_search.scored import ScoredSpace, Trained, published
from benchmarks.ranking.sample import Sample, draw
from nas.data.image_dataset import make_dataset
from nas.evaluate.scorer import Estimate
from nas.events import ignore
from nas.space.candidate import candidate
from nas.study.record.storage import quiet_optuna
from nas.task.task import Task

SPACE = search_spaces.get("nb201", Task(classes=10, channels=3, resolution=8), channels=2, cells=1)
CELLS = {
    text: Trained(val, test)
    for text, val, test in (
        ("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|", 0.9, 0.91),
        ("|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|skip_connect~2|", 0.8, 0.99),
        ("|nor_conv_1x1~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|", 0.7, 0.95),
        ("|nor_conv_1x1~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|none~2|", 0.6, 0.5),
        ("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|", 0.5, 0.4),
    )
}
IDENTITY = {text: candidate(SPACE, text).hash for text in CELLS}


def lookup(most: int) -> Lookup:
    return Lookup(CELLS, IDENTITY, most)


def test_the_published_table():
    truth = published()
    assert len(truth) == 15625
    best = max(truth.values(), key=lambda trained: trained.test)
    assert (best.test, best.val) == pytest.approx((0.94373, 0.9118), abs=2e-3)


def test_isomorphic_cells_are_trained_once():
    first, twin, third, *_ = CELLS
    train = lookup(2)
    assert train(first) == train(twin) == train(first) == 0.9
    assert train(third) == 0.7
    with pytest.raises(Enough):
        train(list(CELLS)[3])


def test_a_search_is_judged_by_the_test_accuracy_of_what_looked_best():
    train = lookup(4)
    for text in list(CELLS)[::-1][:4]:
        train(text)
    assert [train.picked(count) for count in (1, 2, 3)] == [0.4, 0.5, 0.95]


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_stop_when_the_trainings_are_used_up(name):
    truth = published()
    train = Lookup(truth, {text: text for text in truth}, 12)
    with pytest.raises(Enough):
        sampled(name, SPACE.encode, train, seed=0)
    assert train.picked(12) >= train.picked(1) - 0.05


@pytest.mark.parametrize("name", MODELS)
def test_models_of_the_operations_beat_the_mean_cell(name):
    truth = dict(list(published().items())[::50])
    cells = [SPACE.decode(text) for text in truth]
    train = Lookup(truth, {text: text for text in truth}, 30)
    with pytest.raises(Enough):
        Modelled(MODELS[name], cells, list(truth))(train, seed=0)
    tests = [trained.test for trained in truth.values()]
    assert train.picked(30) > np.quantile(tests, 0.9)


def test_one_hot_has_one_operation_on_each_edge():
    features = one_hot([SPACE.decode(text) for text in CELLS])
    assert features.shape == (5, 30)
    assert (features.sum(1) == 6).all()


def test_isomorphic_cells_share_a_score(tmp_path):
    not_needed: Any = None
    file = tmp_path / "scores.json"
    rows = {
        IDENTITY[text]: {
            "estimate": {
                "accuracy": trained.val,
                "loss": 1.0,
                "brier": 0.5,
                "readout": 0.6,
                "naswot": 9.0,
                "score": trained.val,
            },
        }
        for text, trained in list(CELLS.items())[::-1]
    }
    file.write_text(json.dumps({"scorer": "one", "rows": rows}), encoding="utf-8")
    with pytest.raises(SystemExit, match="holds scores of one; choose another --out"):
        ScoredSpace(SPACE, CELLS, not_needed, "another", file, ignore)
    scored = ScoredSpace(SPACE, CELLS, not_needed, "one", file, ignore)
    cells = [candidate(SPACE, text) for text in CELLS]
    scores = [found.score for found in scored.one_by_one(cells) if isinstance(found, Estimate)]
    assert scores == [0.9, 0.9, 0.7, 0.6, 0.5]


class ByTruth(ScoredSpace):
    """Scores cells by what they reach, as no hypernetwork could."""

    def __init__(self, truth):
        self._truth = truth

    def one_by_one(self, candidates):
        for one in candidates:
            test = self._truth[one.architecture].test
            yield Estimate(
                accuracy=test,
                loss=1 - test,
                brier=1 - test,
                readout=1 - test,
                naswot=1.0,
                score=test,
            )


def test_the_engine_trains_the_best_scores_behind_its_rivals():
    truth = published()
    lookup = Lookup(truth, {cell: cell for cell in truth}, 7)
    trained = []

    def train(cell):
        accuracy = lookup(cell)
        trained.append(cell)
        return accuracy

    data = make_dataset(
        "dark",
        torch.zeros(30, 3, 8, 8, dtype=torch.uint8),
        torch.arange(30) % 10,
        classes=10,
        parts=tuple(torch.arange(30).split(10)),
    )
    with quiet_optuna():
        Engine(SPACE, ByTruth(truth), data, trials=60, trainings=7)(train, seed=0)
    tests = [truth[cell].test for cell in trained]
    best = max(tests[:3])  # a known design and the largest cell come first
    assert best == max(tests)
    assert best > np.quantile([one.test for one in truth.values()], 0.95)
    assert len(set(trained)) == 7


def test_only_cells_that_were_not_trained_are_compared():
    truth = published()
    tests = {text: one.test for text, one in truth.items()}
    ranked = Ranked(draw(SPACE, tests, 60, 1), ByTruth(truth), truth)
    rows = spread(ranked.score, 10, 0)
    assert ranked.unseen("score", rows)[0] == pytest.approx(1.0)
    assert ranked.unseen("regressor", rows)[0] > 0.8
    forward = draw(SPACE, tests, 60, 1)
    backwards = Sample(forward.candidates, tuple(-test for test in forward.truth))
    assert Ranked(backwards, ByTruth(truth), truth).unseen("score", rows)[0] == pytest.approx(-1.0)


@pytest.mark.parametrize("choose", [at_random, spread])
def test_as_many_different_rows_as_asked_for(choose):
    score = np.random.default_rng(0).random(100)
    rows = choose(score, 20, 0)
    assert len(set(rows.tolist())) == 20
    assert set(rows.tolist()) <= set(range(100))


def test_spread_rows_lie_all_over_the_ranking():
    score = np.arange(100.0)
    assert sorted(spread(score, 10, 3) // 10) == list(range(10))

from __future__ import annotations

import torch

from benchmarks.ranking.short_training import ShortTraining, steps_within
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.space.candidate import candidate
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"


def trainer(steps):
    return ShortTraining(make_hypernet().card, digits(), steps=steps, batch_size=64)


def loss(steps):
    scorer = Scorer(trainer(steps), digits(), ScoreConfig(images=200, calibration=64))
    (estimate,) = scorer([candidate(tiny_space(), CELL)])
    assert isinstance(estimate, Estimate)
    return estimate.loss


def test_more_steps_fit_better():
    assert loss(30) < 0.8 * loss(1)


def test_a_network_is_trained_the_same_in_any_group():
    graph = tiny_space().graph(CELL).simplified
    alone, beside = trainer(2).predict([graph])[0], trainer(2).predict([graph, graph])[1]
    assert all(torch.equal(alone[name], beside[name]) for name in alone)


def test_more_seconds_buy_more_steps():
    graphs = [tiny_space().graph(CELL).simplified]
    card = make_hypernet().card
    few, many = (
        steps_within(seconds, graphs, card, digits(), batch_size=8) for seconds in (0, 60)
    )
    assert few == 1
    assert many > 100

from __future__ import annotations

import pytest

from benchmarks.ranking.one_shot import OneShot, train_one_shot
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.space.candidate import candidate
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space

CONV = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
MORE = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
POINT = "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
FIRST = "stage0.cell0.edge_0_1.conv.weight"


@pytest.fixture
def card():
    return make_hypernet().card


def graph(text):
    return tiny_space().graph(text).simplified


def test_cells_with_the_same_operation_on_an_edge_share_its_tensor(card):
    one, other = OneShot(card).predict([graph(CONV), graph(MORE)])
    assert FIRST in one.keys() & other.keys()
    assert all(one[name] is other[name] for name in one.keys() & other.keys())


def test_another_operation_on_the_edge_has_a_tensor_of_its_own(card):
    conv, point = OneShot(card).predict([graph(CONV), graph(POINT)])
    assert (conv[FIRST].shape[2:], point[FIRST].shape[2:]) == ((3, 3), (1, 1))
    assert conv["stem.conv.weight"] is point["stem.conv.weight"]


def test_it_returns_the_tensors_of_a_network(card):
    for text in (CONV, MORE, POINT):
        (params,) = OneShot(card).predict([graph(text)])
        wanted = {name: spec.shape for name, spec in graph(text).parameters().items()}
        assert {name: tuple(tensor.shape) for name, tensor in params.items()} == wanted


def test_training_the_supernet_teaches_its_networks(card):
    def loss(shared):
        scorer = Scorer(shared, digits(), ScoreConfig(images=200, calibration=64))
        (estimate,) = scorer([candidate(tiny_space(), MORE)])
        assert isinstance(estimate, Estimate)
        return estimate.loss

    shared = train_one_shot(tiny_space(), digits(), card, steps=80, batch_size=64)
    assert loss(shared) < 0.95 * loss(OneShot(card))


def test_the_same_seed_trains_the_same_supernet(card):
    one, other = (
        train_one_shot(tiny_space(), digits(), card, steps=3, batch_size=8, seed=1)
        for _ in range(2)
    )
    (mine,), (its,) = one.predict([graph(MORE)]), other.predict([graph(MORE)])
    assert all(bool((mine[name] == its[name]).all()) for name in mine)

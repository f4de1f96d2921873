from __future__ import annotations

import pytest
import torch

import search_spaces
from nas.compile.module import to_module
from nas.data.digits import load
from nas.evaluate.scorer import ScoreConfig, Scorer
from nas.evaluate.untrained import UntrainedWeights
from nas.seeding import rng
from nas.space.candidate import sample
from tests.nas.data.graphs import communities

DATA = load()
SPACE = search_spaces.get("nb201:channels=4,cells=1", DATA.task)
GRAPHS = [sample(SPACE, rng(number)).network for number in range(3)]


def test_the_weights_are_the_initial_ones_of_each_network():
    for graph, state in zip(GRAPHS, UntrainedWeights(DATA.task).predict(GRAPHS), strict=True):
        expected = dict(to_module(graph).named_parameters())
        assert {name: tensor.shape for name, tensor in state.items()} == {
            name: tensor.shape for name, tensor in expected.items()
        }
        assert all(torch.isfinite(tensor).all() for tensor in state.values())


def test_candidates_on_a_graph_are_scored_without_a_resolution():
    data = communities()
    space = search_spaces.get("gnn", data.task)
    assert Scorer(UntrainedWeights(data.task), data).proxy(space).task == data.task


def test_the_seed_alone_decides():
    torch.manual_seed(0)
    (first,) = UntrainedWeights(DATA.task).predict(GRAPHS[:1])
    torch.manual_seed(1)
    _, again = UntrainedWeights(DATA.task).predict(GRAPHS[1::-1])
    (other,) = UntrainedWeights(DATA.task, seed=1).predict(GRAPHS[:1])

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_what_is_drawn_elsewhere_stays_as_it_was():
    state = torch.get_rng_state()
    UntrainedWeights(DATA.task).predict(GRAPHS)

    assert torch.equal(state, torch.get_rng_state())


def test_costs_place_an_architecture():
    places = UntrainedWeights(DATA.task).embed(GRAPHS)

    assert len(places) == len(GRAPHS)
    assert torch.isfinite(places).all()
    assert len(places.unique(dim=0)) > 1


@pytest.mark.parametrize("name", ["naswot", "score"])
def test_candidates_are_ranked_by_figures_that_need_no_training(name):
    predictor = UntrainedWeights(DATA.task)
    candidates = [sample(SPACE, rng(number)) for number in range(4)]
    scored = Scorer(predictor, DATA, ScoreConfig(images=32))(candidates)

    assert len({getattr(estimate, name) for estimate in scored}) > 1

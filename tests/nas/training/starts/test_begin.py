from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from nas.errors import ConfigError, DataError, UnknownNameError
from nas.modules.own_module import OwnModule
from nas.training.starts.begin import begin, initial_weights
from nas.training.starts.start import STARTS
from nas.training.train import initialised
from tests.nas.study.study_toys import ToyPredictor, toy_space
from tests.nas.training.starts.start_toys import convolutional, given
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.graph import Graph


class Ones(ToyPredictor):
    """Predicts ones."""

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        return [{n: torch.ones(s.shape) for n, s in g.parameters().items()} for g in graphs]


ONES = Ones(toy_space())


@pytest.mark.parametrize("how", ["lsuv", "fitted", "predicted"])
def test_weights_of_a_graph_are_its_parameters_and_those_of_its_own_module_too(how):
    graph, data = toy_graph(), toy_data()
    params, card = initial_weights(graph, data, how, predictor=ONES, seed=1)
    assert params is not None
    assert card.start == how
    initialised(graph, params)  # raises if one is missing or has another shape
    if how == "predicted":
        assert all(bool((value == 1).all()) for value in params.values())
    again, _ = initial_weights(graph, data, how, predictor=ONES, seed=1)
    assert again is not None
    assert all(torch.equal(params[name], again[name]) for name in params)
    module = initialised(graph, params)
    own = OwnModule(module, {name: name for name in module.state_dict()})
    mine, _ = initial_weights(graph, data, how, predictor=ONES, own=own, seed=1)
    assert mine is not None
    assert mine.keys() == params.keys()
    assert all(torch.equal(value, module.get_parameter(name)) for name, value in mine.items())


def test_default_weights_are_left_to_the_constructor():
    assert initial_weights(toy_graph(), toy_data(), "default")[0] is None


def test_the_card_tells_the_cost_and_what_each_layer_got():
    card = begin(convolutional(), "fitted", given())
    assert card.seconds > 0
    assert card.steps > 0
    assert [layer.name for layer in card.layers] == ["0", "3", "5", "7", "11"]
    assert card.layers[2].given == "its own filters, scaled"
    assert not card.kept


@pytest.mark.parametrize("how", ["lsuv", "fitted"])
def test_the_layout_in_memory_is_kept_and_makes_no_difference(how):
    plain, last = convolutional(), convolutional().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in (plain, last):
        begin(module, how, given())
    weight = last.get_parameter("3.weight")
    assert weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(weight, plain.get_parameter("3.weight"), check_stride=False)


class Detached(nn.Module):
    """A network whose outputs have no gradient."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(192, 3)

    def forward(self, x):
        return self.head(x.flatten(1)).detach()


def test_a_network_that_cannot_be_trained_costs_no_steps():
    assert begin(Detached(), "fitted", given()).steps == 0
    assert begin(convolutional().requires_grad_(False), "fitted", given()).steps == 0


def test_a_start_that_lacks_something_says_what():
    with pytest.raises(ConfigError, match="needs a hypernetwork"):
        begin(convolutional(), "predicted", given())
    with pytest.raises(DataError, match="at least two training samples, got 1"):
        begin(convolutional(), "fitted", given(1))
    with pytest.raises(UnknownNameError, match="fitted"):
        begin(convolutional(), "fited", given())


def test_every_start_says_what_it_needs():
    for start in STARTS:
        assert set(STARTS.get(start).needs) <= {"samples", "labels", "hypernetwork"}

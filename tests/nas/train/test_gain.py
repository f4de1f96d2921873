from __future__ import annotations

import torch

from nas.compile.module import to_module
from nas.train.config import TrainConfig
from nas.train.fine_tune import fine_tune
from nas.train.gain import measure_gain
from tests.nas.train.train_toys import toy_data, toy_graph

CONFIG = TrainConfig(batch_size=16)


def network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return to_module(toy_graph())


def test_both_trainings_are_those_of_each_alone() -> None:
    module = network(0)
    gain = measure_gain(module, network(1).state_dict(), toy_data(), 4, config=CONFIG)
    predicted, default = network(0), network(1)
    assert gain.steps == 4
    assert gain.predicted == fine_tune(predicted, toy_data(), 4, config=CONFIG)
    assert gain.default == fine_tune(default, toy_data(), 4, config=CONFIG)
    for name, tensor in predicted.state_dict().items():
        assert torch.equal(module.state_dict()[name], tensor)


def test_equal_weights_gain_nothing() -> None:
    gain = measure_gain(network(0), network(0).state_dict(), toy_data(), 3, config=CONFIG)
    assert gain.predicted == gain.default

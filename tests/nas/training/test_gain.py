from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from nas.compile.module import to_module
from nas.errors import TrainingError
from nas.training.config import TrainConfig
from nas.training.fine_tune import FineTuned, fine_tune
from nas.training.gain import Gain, measure_gain
from nas.training.range_test import find_rate
from tests.nas.training.train_toys import toy_data, toy_graph

CONFIG = TrainConfig(batch_size=16)


def network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return to_module(toy_graph())


def broken() -> torch.nn.Module:
    """A network whose outputs are no numbers, at any rate."""
    module = network(0)
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, math.nan)
    return module


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    own, other = first.state_dict(), second.state_dict()
    return all(torch.equal(own[name], other[name]) for name in own)


@pytest.mark.parametrize("seeds", [(0, 1), (1, 0)])
def test_both_trainings_are_those_of_each_alone_and_the_better_is_kept(
    seeds: tuple[int, int],
) -> None:
    predicted, default = map(network, seeds)
    module, config = network(seeds[0]), replace(CONFIG, lr=0.02)
    gain = measure_gain(
        module, network(seeds[1]).state_dict(), toy_data(), 4, config=CONFIG, lr=0.02
    )
    assert gain.predicted == fine_tune(predicted, toy_data(), 4, config=config)
    assert gain.default == fine_tune(default, toy_data(), 4, config=config)
    assert gain.predicted.after != gain.default.after
    ahead = predicted if gain.predicted.after > gain.default.after else default
    assert gain.better == ("predicted" if ahead is predicted else "default")
    assert same(module, ahead)
    assert not module.training


def test_each_start_has_the_rate_of_its_own_range_test() -> None:
    gain = measure_gain(network(0), network(1).state_dict(), toy_data(), 4, config=CONFIG)
    for start, module in ((gain.predicted, network(0)), (gain.default, network(1))):
        rate = find_rate(module, toy_data(), 4, config=CONFIG).lr
        assert start.lr == rate
        again = fine_tune(module, toy_data(), 4, config=replace(CONFIG, lr=rate))
        assert start == again


def test_equal_weights_gain_nothing_and_default_ones_are_kept() -> None:
    gain = measure_gain(network(0), network(0).state_dict(), toy_data(), 3, config=CONFIG)
    assert gain.predicted == gain.default
    assert gain.better == "default"


@pytest.mark.parametrize("kind", ["predicted", "default"])
def test_a_start_that_diverges_loses(kind: str) -> None:
    module, other = network(0), broken()
    if kind == "predicted":
        module, other = other, module
    gain = measure_gain(module, other.state_dict(), toy_data(), 3, config=CONFIG)
    assert math.isnan(getattr(gain, kind).after)
    assert gain.better != kind
    assert all(bool(part.isfinite().all()) for part in module.parameters())


def test_two_starts_that_diverge_are_an_error() -> None:
    with pytest.raises(TrainingError, match="default weights and predicted weights all diverged"):
        measure_gain(broken(), broken().state_dict(), toy_data(), 3, config=CONFIG)


@pytest.mark.parametrize(
    ("predicted", "default", "better"),
    [(0.5, 0.4, "predicted"), (0.4, 0.5, "default"), (math.nan, 0.1, "default")],
)
def test_the_better_start_is_the_one_that_ends_ahead(
    predicted: float, default: float, better: str
) -> None:
    first, second = (FineTuned(0.9, after, 0.1) for after in (predicted, default))
    assert Gain(10, first, second, at_chance=False).better == better

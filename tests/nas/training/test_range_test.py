from __future__ import annotations

import math

import pytest
import torch

from nas.compile.module import to_module
from nas.errors import TrainingError
from nas.events import Advanced, Event
from nas.training.config import TrainConfig
from nas.training.fine_tune import fine_tune
from nas.training.range_test import find_rate
from tests.nas.training.train_toys import toy_data, toy_graph

CONFIG = TrainConfig(batch_size=16)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return to_module(toy_graph())


def test_the_rate_has_the_lowest_training_loss_of_all_and_the_module_is_as_before() -> None:
    module, before = network(), network().state_dict()
    found = find_rate(module, toy_data(), 50, config=CONFIG)
    assert len(found.losses) > 3
    assert found.losses[found.lr] == min(found.losses.values())
    assert max(found.losses) > 10 * min(found.losses)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_it_is_the_same_each_time_and_no_draw_of_torch_is_lost() -> None:
    torch.manual_seed(3)
    drawn = torch.rand(1)
    module = network()
    torch.manual_seed(3)
    first = find_rate(module, toy_data(), 50, config=CONFIG)
    assert torch.equal(torch.rand(1), drawn)
    assert first == find_rate(network(), toy_data(), 50, config=CONFIG)


def test_a_rate_fit_for_other_weights_is_not_taken_for_these() -> None:
    """Gradients of a linear layer grow with its inputs: large inputs need a small rate."""
    data = toy_data(images=288)
    rates = []
    for size in (1.0, 30.0):
        torch.manual_seed(0)
        scaled = torch.nn.Sequential(torch.nn.Flatten(), Times(size), torch.nn.Linear(192, 3))
        found = find_rate(scaled, data, 50, config=CONFIG)
        result = fine_tune(scaled, data, 50, config=TrainConfig(batch_size=16, lr=found.lr))
        assert result.after > 0.7
        rates.append(found.lr)
    assert rates[0] > rates[1]


class Times(torch.nn.Module):
    """Multiplies its input."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * x


@pytest.mark.parametrize(("steps", "length"), [(100, 10), (10, 5), (1, 5)])
def test_each_rate_takes_a_tenth_of_the_steps_and_at_least_five(
    steps: int, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(
        "nas.training.range_test.descend", lambda module, data, steps, **rest: taken.append(steps)
    )
    found = find_rate(network(), toy_data(), steps, config=CONFIG)
    assert taken == [length] * len(found.losses)


def test_every_rate_is_an_event() -> None:
    events: list[Event] = []
    found = find_rate(network(), toy_data(), 5, config=CONFIG, listen=events.append)
    tried = [event.metrics["lr"] for event in events if isinstance(event, Advanced)]
    assert tried == list(found.losses)


def test_weights_that_no_rate_can_train_are_an_error() -> None:
    module = network()
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, math.nan)
    with pytest.raises(TrainingError, match="at any learning rate"):
        find_rate(module, toy_data(), 5, config=CONFIG)

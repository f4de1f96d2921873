from __future__ import annotations

import torch
from torch import Tensor, nn

from nas.compile.module import to_module
from nas.events import Advanced, Event
from nas.testing.dataset import images_of
from nas.training.config import TrainConfig
from nas.training.fine_tune import fine_tune
from tests.nas.training.train_toys import toy_data, toy_graph

CONFIG = TrainConfig(batch_size=16)


def network() -> nn.Module:
    torch.manual_seed(0)
    return to_module(toy_graph())


def test_it_learns() -> None:
    module = network()
    result = fine_tune(module, toy_data(images=288), 30, config=CONFIG)
    assert result.after > max(0.8, result.before)
    assert not module.training


def test_no_steps_leave_the_weights() -> None:
    module, before = network(), network()
    result = fine_tune(module, toy_data(), 0)
    assert result.before == result.after
    for own, other in zip(module.parameters(), before.parameters(), strict=True):
        assert torch.equal(own, other)


def test_it_is_the_same_each_time_and_another_with_another_seed() -> None:
    def weights(seed: int) -> Tensor:
        module = network()
        fine_tune(module, toy_data(), 3, config=CONFIG, seed=seed)
        return torch.cat([p.detach().flatten() for p in module.parameters()])

    first = weights(0)
    assert torch.equal(first, weights(0))
    assert not torch.equal(first, weights(1))
    torch.manual_seed(7)
    assert torch.equal(first, weights(0))


def test_statistics_are_measured_on_training_images_with_the_last_weights() -> None:
    module, data = network(), toy_data()
    fine_tune(module, data, 5, config=CONFIG)
    (conv,) = (part for part in module.modules() if isinstance(part, nn.Conv2d))
    (norm,) = (part for part in module.modules() if isinstance(part, nn.BatchNorm2d))
    read = conv(images_of(data.train).normalised(slice(None))).detach()
    torch.testing.assert_close(norm.running_mean, read.mean((0, 2, 3)))


def test_it_goes_through_the_images_as_often_as_needed() -> None:
    events: list[Event] = []
    fine_tune(network(), toy_data(images=96), 7, config=CONFIG, listen=events.append)
    done = [event.done for event in events if isinstance(event, Advanced)]
    assert done == list(range(1, 8))

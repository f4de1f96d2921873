from __future__ import annotations

import pytest
from torch import nn

from nas.training.methods.moving_average import moving_average


def test_the_decay_rises_to_its_value() -> None:
    module = nn.Linear(1, 1, bias=False)
    average = moving_average(module, 0.3)
    expected = 0.0
    for step, value in enumerate((1.0, 2.0, 4.0, 8.0, 16.0)):
        nn.init.constant_(module.weight, value)
        average.update_parameters(module)
        decay = min(0.3, (1 + step) / (10 + step)) if step else 0.0  # the first one is copied
        expected = decay * expected + (1 - decay) * value
        assert average.state_dict()["module.weight"].item() == pytest.approx(expected)


def test_statistics_are_averaged_with_the_weights() -> None:
    norm = nn.BatchNorm1d(1)
    average = moving_average(norm, 0.1)
    for mean in (1.0, 3.0):
        nn.init.constant_(norm.running_mean, mean)  # type: ignore[arg-type]
        average.update_parameters(norm)
    assert average.state_dict()["module.running_mean"].item() == pytest.approx(0.1 * 1 + 0.9 * 3)

from __future__ import annotations

import math
from statistics import fmean

import pytest
import torch
from torch import Tensor, nn

from nas.data.regression import make_regression_dataset
from nas.evaluate.residuals import Residuals, residuals
from nas.task.image_regression import regression_figures

TARGETS = torch.stack([torch.linspace(0, 5, 30), torch.linspace(700, -900, 30)], 1)
DATA = make_regression_dataset(
    "toy",
    torch.zeros(30, 1, 4, 4, dtype=torch.uint8),
    TARGETS,
    parts=(torch.arange(10), torch.arange(10, 20), torch.arange(20, 30)),
    flip=True,
    target_names=("width", "height"),
)


class Answers(nn.Module):
    """Gives the same outputs, whatever it is asked."""

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, *_: Tensor) -> Tensor:
        return self.outputs


def found(outputs: Tensor) -> Residuals:
    assert DATA.targets is not None
    return residuals(Answers(outputs), DATA.targets, DATA.test)


def test_a_perfect_network_predicts_the_targets_in_their_units() -> None:
    perfect = found(DATA.test.labels)

    torch.testing.assert_close(perfect.true, TARGETS[20:])
    torch.testing.assert_close(perfect.predicted, TARGETS[20:])
    assert perfect.explained == [1, 1]


def test_the_largest_errors_are_those_in_deviations_of_their_targets() -> None:
    outputs = DATA.test.labels.clone()
    outputs[3, 1] += 0.5  # a hundred metres, but half a deviation
    outputs[7, 0] -= 2.0
    missed = found(outputs)

    assert missed.worst(2) == [(7, 0), (3, 1)]
    assert DATA.targets is not None
    assert float(missed.errors[3, 1]) == pytest.approx(0.5 * DATA.targets.std[1], rel=1e-4)
    assert float(missed.errors[7, 0]) == pytest.approx(-2 * DATA.targets.std[0], rel=1e-4)


def test_the_mean_of_r2_is_the_accuracy_of_the_task() -> None:
    outputs = DATA.test.labels + torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    explained = found(outputs).explained
    accuracy = regression_figures(outputs, DATA.test.labels)["accuracy"]

    assert sum(explained) / 2 == pytest.approx(accuracy, abs=2e-3)


@pytest.mark.parametrize("times", [0.0, 1.0, 2.0, 3.0])
def test_the_error_of_r2_is_its_spread_over_many_sets_of_samples(times: float) -> None:
    draws = torch.Generator().manual_seed(0)
    known, unknown = torch.randn(2, 200, 1000, generator=draws)  # (n, targets)
    assert DATA.targets is not None
    sets = Residuals(DATA.targets, (known + unknown) / 2**0.5, times * known / 2**0.5)
    spread = float(torch.tensor(sets.explained).std())
    assert fmean(sets.explained_error) == pytest.approx(spread, rel=0.1, abs=2e-3)


def test_two_samples_have_no_error_of_r2() -> None:
    assert DATA.targets is not None
    two = Residuals(DATA.targets, torch.eye(2), torch.zeros(2, 2))
    assert all(map(math.isnan, two.explained_error))

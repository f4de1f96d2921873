from __future__ import annotations

import pytest
import torch
from sklearn.metrics import r2_score

from nas.task.image_regression import IMAGE_REGRESSION, regression_figures, squared_error
from nas.task.kind import KINDS


def test_the_metric_is_scikit_learns_r2() -> None:
    draw = torch.Generator().manual_seed(0)
    targets = torch.randn(50, 3, generator=draw)
    outputs = targets + 0.5 * torch.randn(50, 3, generator=draw)
    figures = regression_figures(outputs, targets)
    assert figures["accuracy"] == pytest.approx(r2_score(targets, outputs), abs=1e-5)
    assert figures["loss"] == pytest.approx(float((outputs - targets).square().mean()), abs=1e-6)
    assert figures["loss"] == pytest.approx(float(squared_error(outputs, targets, 0.1)), abs=1e-6)


def test_a_constant_target_is_not_divided_by_nothing() -> None:
    targets = torch.zeros(4, 1)
    assert regression_figures(targets, targets)["accuracy"] == 1


def test_the_kind_is_registered() -> None:
    assert KINDS.get(IMAGE_REGRESSION).metric == "R²"

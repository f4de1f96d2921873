from __future__ import annotations

import pytest
import torch
from torch import nn

import nas
from nas.task.kind import KINDS
from nas.training.fine_tune import FineTuned
from nas.training.starts.compare import Comparison
from tests.nas.training.train_toys import toy_data


def test_gradients_of_the_module_are_left_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.training.starts.choose.STEPS", 2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
    layer = model[1]
    assert isinstance(layer, nn.Linear)
    layer.bias.grad = torch.full((3,), 7.0)
    nas.start(model, toy_data(), how="auto")
    assert layer.weight.grad is None
    assert layer.bias.grad is not None
    assert layer.bias.grad.tolist() == [7.0] * 3


@pytest.mark.parametrize(
    ("kind", "usual", "ahead", "sure"),
    [
        ("image-classification", 0.9, 0.95, "default"),
        ("image-regression", 0.9, 0.95, "fitted"),
        ("image-classification", 0.4, 0.55, "fitted"),
        ("image-regression", 0.4, 0.55, "default"),
    ],
)
def test_a_lead_is_sure_by_the_error_of_the_metric(
    kind: str, usual: float, ahead: float, sure: str
) -> None:
    after = {"default": usual, "fitted": ahead}
    trained = {start: FineTuned(before=0.0, after=value, lr=0.1) for start, value in after.items()}
    assert Comparison(trained, 100, KINDS.get(kind)).sure == sure

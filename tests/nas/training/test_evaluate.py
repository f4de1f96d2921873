from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from nas.data.dataset import Targets
from nas.training.evaluate import ClassAccuracy, accuracy_by_class, evaluate
from tests.nas.training.train_toys import toy_data


class Fixed(nn.Module):
    """Gives prepared scores, in the order of the images."""

    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self._scores = scores
        self._done = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._done += len(x)
        return self._scores[self._done - len(x) : self._done]


def test_accuracy_and_loss_by_hand() -> None:
    split = toy_data().val.subset(slice(0, 4))
    split.labels.copy_(torch.tensor([0, 1, 2, 0]))
    scores = torch.log(
        torch.tensor([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]])
    )
    result = evaluate(Fixed(scores), split)
    assert result.accuracy == 0.5
    assert result.loss == pytest.approx(-math.log(0.5 * 0.3 * 0.8 * 0.2) / 4)


@pytest.mark.parametrize("batch_size", [1, 5, 32, 1000])
def test_the_size_of_batches_does_not_matter(batch_size: int) -> None:
    split = toy_data().val
    torch.manual_seed(0)
    scores = torch.randn(len(split), 3)
    right = sum(int(row.argmax()) == int(k) for row, k in zip(scores, split.labels, strict=True))
    result = evaluate(Fixed(scores), split, batch_size=batch_size)
    assert result.accuracy == right / len(split)
    assert result.loss == pytest.approx(float(nn.CrossEntropyLoss()(scores, split.labels)))


def test_the_network_is_evaluated_not_trained() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.9), nn.Flatten(), nn.Linear(192, 3))
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    first, again = (evaluate(module.train(), toy_data().val) for _ in range(2))
    assert first == again
    assert not module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_the_precision_is_that_asked_for() -> None:
    class Seen(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            self.bf16 = torch.is_autocast_enabled("cpu")
            return images.mean((2, 3))

    module = Seen()
    for precision, expected in (("auto", False), ("fp32", False), ("bf16", True)):
        evaluate(module, toy_data().val, precision=precision)
        assert module.bf16 == expected


def test_accuracy_by_class_by_hand() -> None:
    data = replace(toy_data(), class_names=("a", "b", "c"))
    split = data.val.subset(slice(0, 4))
    split.labels.copy_(torch.tensor([0, 2, 2, 0]))
    scores = torch.eye(3)[torch.tensor([0, 2, 1, 0])]
    assert accuracy_by_class(Fixed(scores), data, split) == (
        ClassAccuracy("a", 1.0, 2),
        ClassAccuracy("c", 0.5, 2),
    )


def test_classes_without_names_are_numbers_and_a_regression_has_none() -> None:
    data = toy_data()
    scores = torch.zeros(32, 3)
    assert [row.name for row in accuracy_by_class(Fixed(scores), data, data.val)] == list("012")
    numbers = replace(data, targets=Targets(("age",), (0.0,), (1.0,)))
    assert accuracy_by_class(Fixed(scores), numbers, data.val) == ()

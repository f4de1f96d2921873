from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from nas.data.digits import load
from nas.data.digits_knn import load as load_nodes
from nas.training.confusion import confusion
from nas.training.evaluate import evaluate

if TYPE_CHECKING:
    from nas.training.confusion import Confusion

DATA = load()
LABELS = DATA.test.labels


class Answers(nn.Module):
    """Gives the same scores, whatever it is asked."""

    def __init__(self, scores: Tensor) -> None:
        super().__init__()
        self.scores = scores

    def forward(self, *_: Tensor) -> Tensor:
        return self.scores


def found(scores: Tensor, worst: int = 12) -> Confusion:
    return confusion(Answers(scores), DATA, DATA.test, worst=worst)


def right() -> Tensor:
    """Scores that classify all samples correctly."""
    return 5.0 * nn.functional.one_hot(LABELS, 10).float()


def test_a_perfect_network_makes_no_mistakes():
    perfect = found(right())

    assert (perfect.mistakes, perfect.worst) == (0, ())
    assert torch.equal(perfect.counts.diag(), LABELS.bincount(minlength=10))


def test_mistakes_are_listed_by_the_probability_of_the_right_class():
    scores = right()
    slight, grave = 3, 7
    for index, strength in ((slight, 6.0), (grave, 9.0)):
        scores[index, (LABELS[index] + 1) % 10] = strength
    mistaken = found(scores)

    assert [one.index for one in mistaken.worst] == [grave, slight]
    assert mistaken.mistakes == 2
    worst = mistaken.worst[0]
    assert worst.label == str(int(LABELS[grave]))
    assert worst.predicted == str((int(LABELS[grave]) + 1) % 10)
    assert worst.confidence + worst.probability == pytest.approx(1, abs=0.01)
    assert mistaken.counts[int(LABELS[grave]), (int(LABELS[grave]) + 1) % 10] >= 1


def test_as_many_mistakes_are_listed_as_asked_for_and_their_share_is_that_of_the_evaluation():
    scores = torch.randn(len(LABELS), 10, generator=torch.Generator().manual_seed(0))
    random = found(scores, worst=5)

    assert len(random.worst) == 5
    accuracy = evaluate(Answers(scores), DATA.test).accuracy
    assert random.mistakes / len(LABELS) == pytest.approx(1 - accuracy)


def test_of_a_graph_only_the_nodes_of_the_split_count():
    data = load_nodes()
    scores = torch.zeros(data.test.rows, 10)
    answered = confusion(Answers(scores), data, data.test)

    assert int(answered.counts.sum()) == len(data.test)
    assert all(one.index < len(data.test) for one in answered.worst)

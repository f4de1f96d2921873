from __future__ import annotations

import pytest
import torch

from nas.task.batch import UNLABELLED
from nas.training.methods.class_weights import class_weights


def test_weights_are_inverse_effective_numbers() -> None:
    counts = (5000, 50, 1)
    labels = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    effective = [(1 - 0.999**n) / (1 - 0.999) for n in counts]  # Cui et al. 2019, eq. 2
    found = class_weights(labels, 3)
    ratios = found / found[0]
    expected = torch.tensor([effective[0] / number for number in effective])
    torch.testing.assert_close(ratios, expected)
    assert float(found[labels].mean()) == pytest.approx(1, rel=1e-5)


def test_equal_classes_have_weight_one_and_others_are_left_alone() -> None:
    labels = torch.tensor([0, 1, 0, 1, UNLABELLED])
    assert class_weights(labels, 3).tolist() == pytest.approx([1, 1, 1])

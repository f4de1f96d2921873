from __future__ import annotations

import torch
import torch.nn.functional as F

from nas.task.classes import cross_entropy
from nas.task.image_regression import squared_error
from nas.training.starts.fitted.head import fit_head


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_linear_law_is_found():
    x = torch.randn(200, 5, generator=draw())
    law, shift = torch.randn(2, 5, generator=draw(1)), torch.tensor([3.0, -1.0])
    y = x @ law.T + shift
    head = fit_head(x, y, y, squared_error, draw())
    assert torch.allclose(head.weight, law, atol=0.02)
    assert torch.allclose(head.bias, shift, atol=0.02)
    assert head.scale == 1


def test_noise_is_answered_by_the_mean():
    x, y = torch.randn(40, 60, generator=draw()), torch.randn(40, 1, generator=draw(1))
    head = fit_head(x, y, y, squared_error, draw())
    assert (x @ head.weight.T).std() < 0.5 * y.std()


def test_class_scores_are_scaled_towards_the_least_loss():
    labels = torch.arange(120) % 3
    targets = F.one_hot(labels, 3).float()
    x = targets + 0.1 * torch.randn(120, 3, generator=draw())
    head = fit_head(x, targets, labels, cross_entropy, draw())
    loss = float(cross_entropy(x @ head.weight.T + head.bias, labels, 0.0))
    assert head.scale > 4
    assert loss < 0.1

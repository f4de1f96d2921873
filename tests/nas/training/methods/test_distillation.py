from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import ConfigError
from nas.training.methods.distillation import Teacher, distillation_loss
from tests.nas.training.train_toys import toy_data

OWN, TAUGHT = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0)).unbind()


def test_a_network_that_equals_its_teacher_has_nothing_to_learn() -> None:
    assert distillation_loss(OWN, OWN, 3.0).item() == pytest.approx(0, abs=1e-6)


def test_at_temperature_one_it_is_cross_entropy_less_the_entropy_of_the_teacher() -> None:
    shares = TAUGHT.softmax(1)
    entropy = -(shares * shares.log()).sum(1).mean()
    expected = F.cross_entropy(OWN, shares) - entropy
    torch.testing.assert_close(distillation_loss(OWN, TAUGHT, 1.0), expected)


def test_at_high_temperature_it_matches_centred_scores() -> None:
    """Hinton et al. 2015, eq. 4: the gradient tends to (z - v) / classes."""
    scores = OWN.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(distillation_loss(scores, TAUGHT, 1e3), scores)
    centred = [part - part.mean(1, keepdim=True) for part in (OWN, TAUGHT)]
    rows, classes = OWN.shape
    torch.testing.assert_close(
        gradient, (centred[0] - centred[1]) / classes / rows, rtol=0.02, atol=1e-3
    )


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 4)), r"to outputs \(2, 3\), got \(2, 4\)"),
        (nn.Linear(5, 3), "does not run on samples of 'toy'"),
    ],
)
def test_what_cannot_teach_is_refused(module: nn.Module, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Teacher.of(module, toy_data())

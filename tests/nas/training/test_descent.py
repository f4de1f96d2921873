from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import TrainingError
from nas.task.batch import Batch
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.training.config import TrainConfig
from nas.training.descent import Descent

CPU = torch.device("cpu")
KIND = KINDS.get(IMAGE_CLASSIFICATION)
IMAGES, LABELS = (
    torch.randn(4, 1, 2, 2, generator=torch.Generator().manual_seed(0)),
    torch.arange(4),
)
BATCH = Batch((IMAGES,), LABELS)


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 4))


def test_a_step_goes_down_the_gradient() -> None:
    config = TrainConfig(momentum=0.0, weight_decay=0.0, label_smoothing=0.0, clip=1e9, lr=0.5)
    module, reference = linear(), linear()
    loss = Descent(module, config, KIND, CPU).step(BATCH, 0.1, where="test")
    expected = F.cross_entropy(reference(IMAGES), LABELS)
    expected.backward()
    assert loss == pytest.approx(expected.item())
    for own, other in zip(module.parameters(), reference.parameters(), strict=True):
        assert other.grad is not None
        torch.testing.assert_close(own, other - 0.05 * other.grad)


def test_frozen_parameters_stay() -> None:
    module = linear()
    module[1].bias.requires_grad = False  # type: ignore[index]
    before = {name: p.clone() for name, p in module.named_parameters()}
    Descent(module, TrainConfig(), KIND, CPU).step(BATCH, 1.0, where="test")
    moved = {name for name, p in module.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"1.weight"}


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(TrainingError, match="the loss is nan in epoch 3"):
        Descent(linear(), TrainConfig(), KIND, CPU).step(
            Batch((IMAGES * torch.nan,), LABELS), 1.0, where="epoch 3"
        )

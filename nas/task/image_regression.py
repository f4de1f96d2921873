"""Image regression: one or several numbers for each image."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import torch.nn.functional as F

from nas.metric import METRICS
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS

if TYPE_CHECKING:
    from torch import Tensor

IMAGE_REGRESSION = "image-regression"


def squared_error(
    outputs: Tensor, targets: Tensor, smoothing: float, weights: Tensor | None = None
) -> Tensor:
    """Mean squared error of outputs (rows, targets); there is nothing to smooth or to balance."""
    return F.mse_loss(outputs, targets)


def as_given(targets: Tensor, outputs: int) -> Tensor:
    """The targets themselves, (rows, outputs)."""
    return targets


def regression_figures(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    """R² as ``accuracy``, and the mean squared error as ``loss`` and ``brier``.

    R² is the share of the targets' variance that the outputs explain, averaged over the targets:
    1 is exact, 0 equals predicting the mean, and there is no lower bound.

    Args:
        outputs: (rows, targets).
        targets: (rows, targets), each standardised over the training split.
    """
    error = (outputs - targets).square().mean(0)
    spread = (targets - targets.mean(0)).square().mean(0).clamp_min(1e-12)
    mean_error = float(error.mean())
    explained = float((1 - error / spread).mean())
    return {"accuracy": explained, "loss": mean_error, "brier": mean_error}


KINDS.register(IMAGE_REGRESSION)(
    replace(
        KINDS.get(IMAGE_CLASSIFICATION),
        name=IMAGE_REGRESSION,
        output="target",
        usual={"classes": 1, "channels": 3, "resolution": 32},
        training={"lr": 0.02, "label_smoothing": 0.0},
        unsuited={
            **dict.fromkeys(("mixup", "cutmix"), "targets of mixed images are not known"),
            "randaugment": "it may change the targets of an image",
            "balanced": "a regression has no classes",
            "teacher": "distillation compares probabilities of classes",
        },
        loss=squared_error,
        figures=regression_figures,
        targets=as_given,
        **asdict(METRICS[IMAGE_REGRESSION]),
        usage="""import torch
from model import TARGET_MEAN, TARGET_STD, TARGETS, load, preprocess

network = load()
outputs = network(preprocess(images))  # uint8, (B, {channels}, H, W)
values = outputs * torch.tensor(TARGET_STD) + torch.tensor(TARGET_MEAN)  # as named in TARGETS""",
    )
)

"""Image classification."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.metric import METRICS
from nas.task.augment import augment
from nas.task.batch import Batch, Inputs
from nas.task.classes import class_figures, cross_entropy
from nas.task.kind import KINDS, TaskKind

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_CLASSIFICATION = "image-classification"

SCORE_WEIGHTS: Mapping[str, float] = {
    "brier": 3.0,
    "naswot": 0.5,
    "macs": 0.5,
    "mean_path": 1.0,
    "shortest_path": 1.0,
}
"""Half of the score is accuracy with predicted weights, a sixth capacity, a sixth depth, and a
sixth trainability of that depth. Each ranks well where the others rank poorly; see
``benchmarks/ranking``."""

UNTRAINED_SCORE_WEIGHTS: Mapping[str, float] = {
    "macs": 1.0,
    "params": 1.0,
    "layers": 1.0,
    "naswot": 1.0,
}
"""Figures that need no learnt weights, all with the same say: in spaces that did not choose them,
no blend of them is surely better than another; see ``benchmarks/rank_fidelity``."""

GENERAL_SCORE_WEIGHTS: Mapping[str, float] = {**UNTRAINED_SCORE_WEIGHTS, "readout": 1.0}
"""The same for spaces that a hypernetwork was not trained in. Their features are predicted better
than their class scores, so the read-out stands for accuracy with predicted weights."""


def example_image(channels: int, resolution: int) -> Inputs:
    """One image of zeros: (1, C, H, W)."""
    return (torch.zeros(1, channels, resolution, resolution),)


def image_shape(channels: int, resolution: int) -> tuple[tuple[int, ...], ...]:
    """Shape of one image: (1, C, H, W)."""
    return ((1, channels, resolution, resolution),)


def vary_images(batch: Batch, flip: bool, generator: torch.Generator) -> Batch:
    """Images shifted and, if allowed, mirrored; see :func:`nas.task.augment.augment`."""
    (images,) = batch.inputs
    return Batch((augment(images, flip=flip, generator=generator),), batch.labels)


KINDS.register(IMAGE_CLASSIFICATION)(
    TaskKind(
        name=IMAGE_CLASSIFICATION,
        sample="image",
        output="class",
        width="channels",
        on_graph=False,
        usual={"classes": 10, "channels": 3, "resolution": 32},  # CIFAR-10
        example=example_image,
        spec=image_shape,
        brief_epochs=3,
        full_epochs=30,
        finalists=6,
        training={},
        unsuited={},
        score_weights=SCORE_WEIGHTS,
        general_score_weights=GENERAL_SCORE_WEIGHTS,
        untrained_score_weights=UNTRAINED_SCORE_WEIGHTS,
        hypernet="ghn2",
        hypernet_rate=2e-3,
        scales_inputs=False,
        starts_predicted=True,
        founders=8,
        vary=vary_images,
        vary_for_hypernet=vary_images,
        loss=cross_entropy,
        figures=class_figures,
        targets=F.one_hot,
        **asdict(METRICS[IMAGE_CLASSIFICATION]),
        usage="""from model import CLASSES, load, preprocess

network = load()
scores = network(preprocess(images))  # uint8, (B, {channels}, H, W)
classes = scores.argmax(1)  # indices into CLASSES""",
    )
)

"""Augmentation of training images by kornia: RandAugment, mixup, cutmix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from nas.data.split import Split
from nas.errors import ConfigError
from nas.task.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig

    Augment = Callable[[Batch], Batch]

_OPERATIONS = 2
"""Operations of RandAugment on each batch, as usual (Cubuk et al. 2020, §4)."""

_COLOURS = 3


def augmentation(config: TrainConfig, data: Dataset) -> Augment | None:
    """A function that augments normalised batches of a data set; None if nothing is asked for.

    All draws are from torch's global generator. Labels become shares of classes (B, classes)
    where images are mixed.

    Args:
        config: ``randaugment``, ``mixup``, ``cutmix``.
        data: Images with classes.

    Raises:
        ConfigError: kornia is not installed.
    """
    if not (config.randaugment or config.mixup or config.cutmix):
        return None
    _check_installed()
    split, classes = data.train, data.task.classes
    assert isinstance(split, Split)
    vary = _rand_augment(config.randaugment, split) if config.randaugment else None
    mix = _mixture(config.mixup, config.cutmix, classes)

    def augment(batch: Batch) -> Batch:
        (images,) = batch.inputs
        if vary is not None:
            images = vary(images)
        return mix(images, batch.labels)

    return augment


def _check_installed() -> None:
    """Raise unless kornia can be imported.

    Raises:
        ConfigError: It cannot.
    """
    try:
        import kornia.augmentation  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"randaugment, mixup and cutmix need kornia: {error}", hint="pip install kornia"
        ) from None


def _rand_augment(magnitude: int, split: Split) -> Callable[[Tensor], Tensor]:
    """RandAugment of normalised images; it takes coloured ones with values between 0 and 1.

    Raises:
        ConfigError: Images are neither grey nor coloured.
    """
    from kornia.augmentation.auto import RandAugment

    channels = len(split.mean)
    if channels not in (1, _COLOURS):
        raise ConfigError(
            f"randaugment is for images of 1 or {_COLOURS} channels, these have {channels}"
        )
    operations = RandAugment(n=_OPERATIONS, m=magnitude)
    mean, std = (part[:, None, None] / 255 for part in (split.mean, split.std))

    def vary(images: Tensor) -> Tensor:
        pixels = (images * std + mean).clamp(0, 1).expand(-1, _COLOURS, -1, -1)
        changed: Tensor = operations(pixels)[:, :channels]
        return (changed - mean) / std

    return vary


def _mixture(mixup: float, cutmix: float, classes: int) -> Callable[[Tensor, Tensor], Batch]:
    """Mixes the images of some batches with each other; shares of mixtures are uniform."""
    from kornia.augmentation import RandomCutMixV2, RandomMixUpV2

    keys: list[Any] = ["input", "class"]
    blend = RandomMixUpV2(data_keys=keys)
    cut = RandomCutMixV2(data_keys=keys, use_correct_lambda=True)

    def mix(images: Tensor, labels: Tensor) -> Batch:
        draw = float(torch.rand(()))
        if draw < mixup:
            mixed, found = blend(images, labels)
            first, second, share = found.unbind(1)
            kept = 1 - share
        elif draw < mixup + cutmix:
            mixed, found = cut(images, labels)
            first, second, kept = found[0].unbind(1)
        else:
            return Batch((images,), labels)
        own, other = (F.one_hot(part.long(), classes) for part in (first, second))
        return Batch((mixed,), own * kept[:, None] + other * (1 - kept[:, None]))

    return mix

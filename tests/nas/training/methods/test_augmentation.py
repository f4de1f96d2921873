from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import torch

from nas.errors import ConfigError
from nas.seeding import seeded
from nas.task.batch import Batch
from nas.testing.dataset import images_of
from nas.training.config import TrainConfig
from nas.training.methods.augmentation import augmentation
from nas.training.train import train
from tests.nas.training.train_toys import toy_data, toy_graph

SIZE = 64
DATA = toy_data()


def needs_kornia() -> None:
    pytest.importorskip("kornia", reason="the augmentation of training images")


def of_class(labels: torch.Tensor) -> Batch:
    """Images whose pixels are all the number of their class."""
    return Batch((labels.float().view(-1, 1, 1, 1).expand(-1, 3, 8, 8).contiguous(),), labels)


@pytest.mark.parametrize("setting", ["mixup", "cutmix"])
def test_the_labels_of_mixed_images_are_the_shares_of_the_classes(setting: str) -> None:
    needs_kornia()
    augment = augmentation(TrainConfig(**{setting: 1.0}), DATA)  # type: ignore[arg-type]
    assert augment is not None
    with seeded(0):
        (images,), labels = augment(of_class(torch.arange(SIZE) % 2 * 2))
    assert labels.shape == (SIZE, 3)
    torch.testing.assert_close(labels.sum(1), torch.ones(SIZE))
    torch.testing.assert_close(images.mean((1, 2, 3)), 2 * labels[:, 2])
    assert len(labels[:, 2].unique()) > 5


def test_the_share_of_mixed_batches_is_the_setting() -> None:
    needs_kornia()
    augment = augmentation(TrainConfig(mixup=0.2, cutmix=0.1), DATA)
    assert augment is not None
    with seeded(0):
        batches = [augment(of_class(torch.arange(4) % 3)) for _ in range(300)]
    mixed = sum(batch.labels.is_floating_point() for batch in batches)
    assert 60 < mixed < 120


@pytest.mark.parametrize("channels", [1, 3])
def test_randaugment_sees_pixels_and_gives_normalised_images(channels: int) -> None:
    needs_kornia()
    split = images_of(DATA.train)
    split = replace(
        split,
        held=split.images[:, :channels],
        mean=split.mean[:channels],
        std=split.std[:channels],
    )
    augment = augmentation(TrainConfig(randaugment=9), replace(DATA, train=split))
    assert augment is not None
    batch = next(iter(split.batches(32)))
    with seeded(0):
        (images,), labels = augment(batch)
    pixels = images * split.std[:, None, None] + split.mean[:, None, None]
    assert torch.equal(labels, batch.labels)
    assert images.shape == batch.inputs[0].shape
    assert not torch.allclose(images, batch.inputs[0], atol=1e-3)
    assert pixels.min() > -0.5
    assert pixels.max() < 255.5


def test_randaugment_of_other_images_is_refused() -> None:
    needs_kornia()
    split = images_of(DATA.train)
    split = replace(split, mean=split.mean[:2], std=split.std[:2])
    with pytest.raises(ConfigError, match="images of 1 or 3 channels, these have 2"):
        augmentation(TrainConfig(randaugment=9), replace(DATA, train=split))


def test_a_seed_decides_the_augmentation() -> None:
    needs_kornia()
    config = TrainConfig(epochs=1, batch_size=8, mixup=0.5, cutmix=0.4, randaugment=5)
    first, again, plain = (
        train(toy_graph(), DATA, one).history
        for one in (config, config, replace(config, randaugment=0))
    )
    assert first == again
    assert first != plain


def test_without_kornia_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "kornia"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kornia", None)
    with pytest.raises(ConfigError, match="mixup and cutmix need kornia") as caught:
        augmentation(TrainConfig(mixup=0.5), DATA)
    assert caught.value.hint == "pip install kornia"
    assert augmentation(TrainConfig(), DATA) is None

"""Conformance tests of data sets of images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, ClassVar

import pytest
import torch

from nas.data.split import Split
from nas.seeding import generator

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.data.samples import Samples


class DatasetConformance(ABC):
    """Inherit it in a pytest class and define how your data set is loaded.

    Example:
        >>> from nas.data import load
        >>> class TestDigits(DatasetConformance):
        ...     def load(self, seed=0):
        ...         return load("digits", seed=seed)
    """

    made_by_seed: ClassVar[bool] = False
    """Whether the seed determines the images too, and not only their splits."""

    @abstractmethod
    def load(self, seed: int = 0) -> Dataset:
        """The data set, with splits drawn from a seed."""

    @pytest.fixture
    def data(self) -> Dataset:
        """The data set with seed 0."""
        return self.load(seed=0)

    def test_states_task_and_name(self, data: Dataset) -> None:
        """Kind, classes and input are defined, and the images have that shape."""
        task = data.task
        assert data.name
        assert task.classes >= 2
        for split in _splits(data):
            assert split.images.shape[1:] == (task.channels, task.resolution, task.resolution)

    def test_images_are_bytes_with_class_indices(self, data: Dataset) -> None:
        """Images are held as bytes, labels as indices of classes."""
        for split in _splits(data):
            assert split.images.dtype == torch.uint8
            assert split.labels.dtype == torch.int64
            assert len(split) == len(split.images) == len(split.labels) > 0
            assert 0 <= int(split.labels.min()) <= int(split.labels.max()) < data.task.classes

    def test_every_class_in_every_split(self, data: Dataset) -> None:
        """Every split has all classes."""
        for split in _splits(data):
            assert split.labels.unique().tolist() == list(range(data.task.classes))

    def test_splits_are_disjoint(self, data: Dataset) -> None:
        """No image is in two splits, and where images are given, every seed splits all of them."""
        train, val, test = (set(_pictures(split)) for split in _splits(data))
        assert train.isdisjoint(val)
        assert train.isdisjoint(test)
        assert val.isdisjoint(test)
        given, other = sorted(_everything(data)), sorted(_everything(self.load(seed=1)))
        assert (given == other) is not self.made_by_seed

    def test_same_seed_same_split(self, data: Dataset) -> None:
        """A seed gives the same images in the same order."""
        again = self.load(seed=0)
        assert again.fingerprint == data.fingerprint
        for split, other in zip(_splits(data), _splits(again), strict=True):
            assert torch.equal(split.images, other.images)
            assert torch.equal(split.labels, other.labels)

    def test_other_seed_other_ranking_split(self, data: Dataset) -> None:
        """The ranking split is drawn from the seed."""
        assert _pictures(_splits(self.load(seed=1))[1]) != _pictures(_splits(data)[1])

    def test_training_images_are_normalised(self, data: Dataset) -> None:
        """Channels of the training images have mean 0 and deviation 1, or less where constant."""
        images = images_of(data.train).normalised(slice(None))
        assert images.dtype == torch.float32
        assert float(images.mean((0, 2, 3)).abs().max()) < 1e-3
        assert float(images.std((0, 2, 3)).max()) < 1 + 1e-3

    def test_batches_cover_the_split(self, data: Dataset) -> None:
        """Batches have the requested size, the last one may be smaller, and hold all images."""
        batches = list(data.val.batches(3))
        images, labels = [batch.inputs[0] for batch in batches], [b.labels for b in batches]
        assert [len(batch) for batch in images[:-1]] == [3] * (len(images) - 1)
        assert torch.equal(torch.cat(labels), data.val.labels)
        assert torch.equal(torch.cat(images), images_of(data.val).normalised(slice(None)))

    def test_shuffling_follows_the_generator(self, data: Dataset) -> None:
        """A generator determines the order, images and labels together."""
        first, again = (_shuffled(images_of(data.train), seed=0) for _ in range(2))
        other = _shuffled(images_of(data.train), seed=1)
        assert torch.equal(first[0], again[0])
        assert torch.equal(first[1], again[1])
        assert not torch.equal(first[0], other[0])
        assert torch.equal(first[1].sort().values, data.train.labels.sort().values)

    def test_hash_tells_other_data(self, data: Dataset) -> None:
        """A change of one pixel or label changes the hash."""
        seen = {data.fingerprint, self.load(seed=1).fingerprint}
        for tensor in ("held", "labels"):
            for name in ("train", "val", "test"):
                changed = getattr(getattr(data, name), tensor)[:].clone()
                changed.view(-1)[-1] ^= 1
                split = replace(getattr(data, name), **{tensor: changed})
                seen.add(replace(data, **{name: split}).fingerprint)
        assert len(seen) == 8

    def test_moves_to_a_device(self, data: Dataset) -> None:
        """All tensors move to a device, and the original data set is unchanged."""
        there = data.to("meta")
        for split in _splits(there):
            assert {t.device.type for t in (split.images, split.labels, split.mean)} == {"meta"}
        assert all(split.images.device.type == "cpu" for split in _splits(data))
        assert data.to("cpu").fingerprint == data.fingerprint
        with pytest.raises(FrozenInstanceError):
            data.name = "other"  # type: ignore[misc]

    def test_other_resolutions(self, data: Dataset) -> None:
        """At half the resolution task and images agree."""
        half = data.task.resolution // 2
        small = data.at(half)
        assert small.task == replace(data.task, resolution=half)
        assert all(split.images.shape[-2:] == (half, half) for split in _splits(small))
        assert all(split.images.dtype == torch.uint8 for split in _splits(small))
        assert data.at(data.task.resolution) is data


def _splits(data: Dataset) -> tuple[Split, Split, Split]:
    train, val, test = (images_of(split) for split in (data.train, data.val, data.test))
    return train, val, test


def images_of(samples: Samples) -> Split:
    """A split of a data set of images."""
    assert isinstance(samples, Split)
    return samples


def _pictures(split: Split) -> list[bytes]:
    return [image.numpy().tobytes() for image in split.images]


def _everything(data: Dataset) -> list[bytes]:
    return [picture for split in _splits(data) for picture in _pictures(split)]


def _shuffled(split: Split, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    batches = list(split.batches(16, generator(seed)))
    return torch.cat([b.inputs[0] for b in batches]), torch.cat([b.labels for b in batches])

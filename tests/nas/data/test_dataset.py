from __future__ import annotations

import pytest
import torch

from nas.data.catalog import load
from nas.data.dataset import from_images, mean_and_deviation, stratified
from nas.data.regression import make_regression_dataset
from nas.errors import DataError
from nas.seeding import generator
from nas.testing.dataset import images_of


def test_stratified_parts_hold_the_classes_in_equal_shares() -> None:
    labels = torch.tensor([0] * 10 + [1] * 30)
    first, second, third = stratified(labels, (0.6, 0.2, 0.2), generator(0))
    assert [len(first), len(second), len(third)] == [24, 8, 8]
    for part, zeros in ((first, 6), (second, 2), (third, 2)):
        assert int((labels[part] == 0).sum()) == zeros
    assert torch.cat([first, second, third]).sort().values.tolist() == list(range(40))


def test_stratified_follows_the_generator() -> None:
    labels = torch.zeros(20).long()
    parts = [stratified(labels, (0.5, 0.5), generator(seed))[0].tolist() for seed in (0, 0, 1)]
    assert parts[0] == parts[1] != parts[2]


def test_mean_and_deviation_are_of_the_training_images_alone() -> None:
    images = torch.tensor([10, 30, 200, 250], dtype=torch.uint8).reshape(4, 1, 1, 1)
    parts = (torch.tensor([0, 1]), torch.tensor([2]), torch.tensor([3]))
    data = from_images("x", images, torch.tensor([0, 1, 0, 1]), classes=2, parts=parts, flip=True)
    for split in (data.train, data.val, data.test):
        assert images_of(split).mean.tolist() == [20]
        assert images_of(split).std.tolist() == [
            pytest.approx(200**0.5)
        ]  # of a sample: (10² + 10²) / 1


def test_a_constant_channel_is_no_division_by_zero() -> None:
    images = torch.full((4, 1, 2, 2), 7, dtype=torch.uint8)
    part = torch.arange(4)
    data = from_images("x", images, part % 2, classes=2, parts=(part, part, part), flip=True)
    assert torch.equal(images_of(data.train).normalised(slice(None)), torch.zeros(4, 1, 2, 2))


@pytest.mark.parametrize("shape", [(7, 3, 5, 5), (40, 1, 8, 8)])
def test_mean_and_deviation_of_many_images_are_those_of_few(shape: tuple[int, ...]) -> None:
    images = torch.randint(256, shape, generator=generator(0)).to(torch.uint8)
    for whole, counted in zip(
        mean_and_deviation(images), mean_and_deviation(images, 0), strict=True
    ):
        torch.testing.assert_close(counted, whole)


def test_a_new_split_keeps_sizes_classes_and_the_test_images() -> None:
    digits = load("digits")
    again, other = (digits.resplit(seed) for seed in (1, 2))
    assert again.fingerprint == digits.resplit(1).fingerprint != other.fingerprint
    assert again.test is digits.test
    for split in ("train", "val"):
        before, after = (images_of(getattr(data, split)) for data in (digits, again))
        assert after.labels.bincount().tolist() == before.labels.bincount().tolist()
        assert torch.equal(after.mean, before.mean)
    pooled = [
        sorted(images_of(data.train).joined(images_of(data.val)).images.flatten(1).tolist())
        for data in (digits, again)
    ]
    assert pooled[0] == pooled[1]


def test_a_new_split_of_a_regression_keeps_the_sizes() -> None:
    images = torch.arange(20, dtype=torch.uint8).reshape(20, 1, 1, 1)
    parts = (torch.arange(10), torch.arange(10, 15), torch.arange(15, 20))
    data = make_regression_dataset("x", images, torch.arange(20.0), parts=parts, flip=False)
    again = data.resplit(1)
    assert (len(again.train), len(again.val)) == (10, 5)
    shades = torch.cat([images_of(part).images for part in (again.train, again.val)])
    assert shades.flatten().sort().values.tolist() == list(range(15))
    assert again.fingerprint != data.fingerprint


def test_the_splits_of_a_graph_are_not_drawn_anew() -> None:
    with pytest.raises(DataError, match="'digits-knn' cannot be drawn anew: it is a graph"):
        load("digits-knn").resplit(1)

from __future__ import annotations

from typing import Any

import pytest
import torch

from nas.data.image_dataset import make_dataset
from nas.errors import DataError

IMAGES = torch.arange(6 * 3 * 4 * 4).reshape(6, 3, 4, 4).to(torch.uint8)
GIVEN: dict[str, Any] = {
    "images": IMAGES,
    "labels": torch.arange(6) % 2,
    "classes": 2,
    "parts": (torch.arange(4), torch.tensor([4]), torch.tensor([5])),
}


def test_a_data_set_from_tensors() -> None:
    data = make_dataset("mine", **GIVEN, class_names=("a", "b"))
    assert (data.task.channels, data.task.resolution, data.task.classes) == (3, 4, 2)
    assert [len(split) for split in (data.train, data.val, data.test)] == [4, 1, 1]
    assert not data.flip
    assert data.class_names == ("a", "b")


def test_parts_may_be_masks_or_lists() -> None:
    mask = torch.tensor([True] * 4 + [False] * 2)
    data = make_dataset("mine", **{**GIVEN, "parts": (mask, [4], [5])})
    assert data.fingerprint == make_dataset("mine", **GIVEN).fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": IMAGES.float() / 255}, "images in bytes, got torch.float32"),
        ({"images": IMAGES[:, :, :3]}, r"square images \(n, C, S, S\).*got \(6, 3, 3, 4\)"),
        ({"images": [1, 2]}, "images as a dense tensor, got list"),
        ({"labels": torch.arange(5)}, r"got \(6, 3, 4, 4\) and \(5,\)"),
        ({"labels": torch.rand(6)}, "labels that are integers, got torch.float32"),
        ({"labels": torch.arange(6)}, "labels from 0 to 5, expected numbers from 0 to 1"),
        ({"classes": 0}, "whole number of classes from 1, got 0"),
        ({"classes": "2"}, "whole number of classes from 1, got '2'"),
        ({"parts": None}, "parts as a tuple of train, val and test, got None"),
        ({"parts": ([0], [1])}, "three parts, train, val and test, got 2"),
        ({"parts": ([0], [1], [])}, "the test part of 'mine' is empty"),
        ({"parts": ([0], [1], [6])}, "the test part of 'mine' has images from 6 to 6"),
        ({"parts": ([0], [1], ["a"])}, "the test part of 'mine' needs indices or a mask"),
        ({"parts": ([0, 1], [1], [2])}, "the splits of 'mine' share 1 image"),
        ({"class_names": ("a",)}, "2 classes, got 1 names"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_dataset("mine", **{**GIVEN, **change})

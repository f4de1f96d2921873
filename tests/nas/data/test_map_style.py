from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from nas.data.images import memory
from nas.data.map_style import from_map_style
from nas.errors import ConfigError, DataError
from nas.testing.dataset import images_of

DRAW = np.random.default_rng(0)
ARRAYS = DRAW.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
TENSORS = torch.from_numpy(ARRAYS).permute(0, 3, 1, 2).contiguous()
LABELS = torch.arange(60) % 3


class Pairs(Dataset[Any]):
    """Samples in a list, as a user's own data set."""

    def __init__(self, images: Any, labels: Any = LABELS) -> None:
        self.samples = list(zip(images, labels, strict=True))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, at: int) -> Any:
        return self.samples[at]


@pytest.mark.parametrize(
    "samples",
    [
        Pairs(TENSORS),
        Pairs(TENSORS / 255),
        Pairs(ARRAYS),
        Pairs([Image.fromarray(array) for array in ARRAYS], LABELS.tolist()),
        TensorDataset(TENSORS, LABELS),
        Pairs(TENSORS).samples,
    ],
    ids=["bytes", "floats", "arrays", "pictures", "tensors", "list"],
)
def test_images_of_every_kind(samples: Any) -> None:
    data = from_map_style(samples, name="own")
    assert [len(part) for part in (data.train, data.val, data.test)] == [42, 6, 12]
    held = torch.cat([images_of(part).images for part in (data.train, data.val, data.test)])
    assert sorted(held.flatten(1).tolist()) == sorted(TENSORS.flatten(1).tolist())
    assert data.class_names == ("0", "1", "2")
    assert data.found is not None
    assert (data.found.sizes, data.found.split_off) == ({"8x8": 60}, ("val", "test"))


def test_given_splits_are_kept() -> None:
    data = from_map_style(
        Pairs(TENSORS),
        val=Pairs(TENSORS[:9], LABELS[:9]),
        test=Pairs(TENSORS[:6], LABELS[:6]),
        class_names=["a", "b", "c"],
    )
    assert [len(part) for part in (data.train, data.val, data.test)] == [60, 9, 6]
    assert (data.name, data.class_names) == ("pairs", ("a", "b", "c"))
    assert torch.equal(images_of(data.val).images, TENSORS[:9])
    leak = next(note for note in data.notes if "in two splits" in note)
    assert "'train[0]' (train) = 'val[0]' (val) = 'test[0]' (test)" in leak


def test_grey_images_have_one_channel() -> None:
    for images in (TENSORS[:, :1], TENSORS[:, 0], TENSORS[:, :1].repeat(1, 3, 1, 1)):
        data = from_map_style(Pairs(images))
        assert data.task.channels == 1
        assert data.flip


def test_sizes_may_differ() -> None:
    images = [*TENSORS[:40], *(torch.zeros(3, 9, 12, dtype=torch.uint8),) * 20]
    data = from_map_style(Pairs(images))
    assert data.task.resolution == 8
    assert data.found is not None
    assert data.found.sizes == {"8x8": 40, "12x9": 20}
    assert from_map_style(Pairs(images), resolution=4).task.resolution == 4


def test_the_data_set_may_name_its_classes() -> None:
    samples = Pairs(TENSORS)
    samples.classes = ["a", "b", "c"]  # type: ignore[attr-defined]
    assert from_map_style(samples).class_names == ("a", "b", "c")
    with pytest.raises(DataError, match="classes up to 2, but 1 names of them"):
        from_map_style(samples, class_names=["a"])


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (list(TENSORS), r"sample 0 of train is Tensor of shape \(3, 8, 8\), expected a pair of"),
        ([{"image": 1, "label": 2}], "sample 0 of train is dict .*, expected a pair"),
        (Pairs(TENSORS, LABELS.float()), "the class of sample 0 .* expected a whole number"),
        (Pairs(TENSORS, LABELS - 1), "the class of sample 0 of train .* from 0"),
        (Pairs(TENSORS / 128 - 1), "values from -.* expected 0 to 1, or bytes"),
        (Pairs(TENSORS.long()), "values of int64, expected bytes or floats"),
        (Pairs(TENSORS[:, :2]), r"has the shape \(2, 8, 8\), expected 1 or 3 channels"),
        (Pairs(TENSORS.flatten(1)), "expected a tensor"),
        (Pairs(["a.png"] * 60), "is str 'a.png', expected a tensor"),
        (Pairs(TENSORS[:4], [0, 1, 0, 1]), "leaves no image for the"),
    ],
)
def test_other_samples_are_refused(samples: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        from_map_style(samples)


def test_what_has_no_length_is_refused() -> None:
    class Stream(IterableDataset[Any]):
        def __iter__(self) -> Any:
            return iter([])

    streams: tuple[Any, ...] = (Stream(), iter([]))
    for samples in streams:
        with pytest.raises(ConfigError, match="expected train as a map-style data set"):
            from_map_style(samples)
    with pytest.raises(ConfigError, match="the test data set has no samples"):
        from_map_style(Pairs(TENSORS), test=[])


def test_images_beyond_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory", lambda: 5e3)
    with pytest.raises(DataError, match="the 60 images in 'pairs' take"):
        from_map_style(Pairs(TENSORS))

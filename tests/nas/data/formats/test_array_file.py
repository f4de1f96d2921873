from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from nas.data.catalog import load
from nas.data.formats import npz
from nas.errors import DataError
from nas.testing.dataset import images_of

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

DRAW = np.random.default_rng(0)
COLOUR = DRAW.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]
LABELS = np.arange(60) % 3


def saved(path: Path, **arrays: Any) -> Path:
    np.savez(path / "own.npz", **arrays)
    return path / "own.npz"


def pixels(data: Dataset) -> torch.Tensor:
    """All images, sorted by content so that the splits do not matter."""
    parts = [images_of(split).images for split in (data.train, data.val, data.test)]
    rows = torch.cat(parts).flatten(1)
    return torch.tensor(sorted(rows.tolist()), dtype=torch.uint8)


def in_order(images: np.ndarray) -> torch.Tensor:
    return torch.tensor(sorted(images.reshape(len(images), -1).tolist()), dtype=torch.uint8)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (GREY, GREY),
        (GREY[..., None], GREY),
        (GREY[:, None], GREY),
        (COLOUR, COLOUR.transpose(0, 3, 1, 2)),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR.transpose(0, 3, 1, 2)),
        (np.concatenate([COLOUR, COLOUR[..., :1]], -1), COLOUR.transpose(0, 3, 1, 2)),
        (GREY / 255, GREY),
        (GREY.astype(np.float32), GREY),
        (GREY.astype(np.int64), GREY),
        (GREY.astype(np.uint16) * 257, GREY),
        (GREY > 99, 255 * (GREY > 99)),
    ],
    ids=["NHW", "NHW1", "N1HW", "NHWC", "NCHW", "alpha", "share", "float", "int", "16", "bool"],
)
def test_images_of_usual_shapes_and_values(
    tmp_path: Path, images: np.ndarray, expected: np.ndarray
) -> None:
    data = load(saved(tmp_path, x=images, y=LABELS))
    assert torch.equal(pixels(data), in_order(expected))
    assert data.name == "own"
    assert data.found is not None
    assert data.found.split_off == ("val", "test")
    assert data.flip is (data.task.channels == 3)


@pytest.mark.parametrize(
    "names",
    [("x_{}", "y_{}", "train", "test"), ("{}_images", "{}_labels", "train", "val", "test")],
)
def test_splits_by_the_names_of_the_arrays(tmp_path: Path, names: tuple[str, ...]) -> None:
    images, labels, *parts = names
    sizes = {"train": 30, "val": 12, "test": 9}
    arrays: dict[str, np.ndarray] = {images.format(part): COLOUR[: sizes[part]] for part in parts}
    arrays |= {labels.format(part): LABELS[: sizes[part], None] for part in parts}
    data = load(saved(tmp_path, **arrays))
    assert len(data.test) == 9
    assert (len(data.val) == 12) == ("val" in parts)
    assert any("Equal images are in two splits" in note for note in data.notes)


def test_names_of_classes(tmp_path: Path) -> None:
    names = np.array(["cat", "dog", "emu"])
    assert load(saved(tmp_path, x=GREY, y=names[LABELS])).class_names == ("cat", "dog", "emu")
    assert load(saved(tmp_path, x=GREY, y=LABELS * 5 - 1)).class_names == ("-1", "4", "9")
    assert load(saved(tmp_path, x=GREY, y=np.eye(3)[LABELS])).class_names == ("0", "1", "2")


def test_images_are_cropped_and_resized(tmp_path: Path) -> None:
    path = saved(tmp_path, images=COLOUR[:, :, :6], labels=LABELS)
    data = load(path, resolution=3)
    assert (data.task.resolution, data.task.channels) == (3, 3)
    expected = COLOUR[:, 1:7, :6].reshape(60, 3, 2, 3, 2, 3).mean((2, 4)).round()
    difference = pixels(data).float() - in_order(expected.transpose(0, 3, 1, 2)).float()
    assert difference.abs().max() <= 1
    assert data.found is not None
    assert data.found.sizes == {"6x8": 60}
    assert data.notes[0] == (
        "60 of 60 images are not square: 6x8 images are cropped to 6x6 and resized to 3x3."
    )


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": GREY}, "no arrays of images and of classes for each; its arrays are 'x'"),
        ({"x": GREY, "y_train": LABELS}, "no arrays of images and of classes for each"),
        ({"x": GREY, "y": LABELS, "x_test": GREY, "y_test": LABELS}, "no arrays of images and"),
        ({"x": GREY.reshape(60, 64), "y": LABELS}, r"'x' .* has the shape \(60, 64\), expected"),
        ({"x": COLOUR[..., :2], "y": LABELS}, r"has the shape \(60, 8, 8, 2\)"),
        ({"x": COLOUR[:, :3, :3], "y": LABELS}, r"has the shape \(60, 3, 3, 3\)"),
        ({"x": GREY / 127 - 1, "y": LABELS}, "values from -1 to 1.00787, expected 0 to 1, 0 to"),
        ({"x": GREY * np.nan, "y": LABELS}, "values from nan to nan"),
        ({"x": GREY.astype(np.int64) * 999, "y": LABELS}, "expected 0 to 1, 0 to 255"),
        ({"x": GREY.astype(str), "y": LABELS}, "images that are no numbers"),
        ({"x": GREY, "y": LABELS[:50]}, "60 images for labels of the shape"),
        ({"x": GREY, "y": LABELS + 0.5}, "labels that are fractions"),
        ({"x": GREY, "y": np.arange(60)}, "60 classes for 60 labels"),
        ({"x": GREY, "y": np.zeros(60)}, "1 class for 60 labels"),
        ({"x": GREY, "y": np.ones((60, 4))}, "some rows have no single 1"),
        (
            {"x_train": GREY, "y_train": LABELS, "x_test": GREY[:, 1:], "y_test": LABELS},
            "images of different shapes",
        ),
    ],
)
def test_what_is_no_data_set_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        load(saved(tmp_path, **arrays))


def test_python_objects_are_not_read(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return exec, ("raise SystemExit('executed')",)

    objects = np.empty(60, dtype=object)
    objects[:] = Bomb()
    with pytest.raises(DataError, match="holds Python objects, which are not read"):
        load(saved(tmp_path, x=objects, y=LABELS))


@pytest.mark.parametrize("content", [b"", b"none", pickle.dumps(LABELS)])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("own.npz", "own.npy"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="its arrays are none"):
            load(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", content)
    with pytest.raises(DataError, match=r"cannot read .*own\.npz"):
        load(tmp_path / "own.npz")


def test_arrays_beyond_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npz, "memory", lambda: 5e3)
    with pytest.raises(DataError, match=r"take 0\.0 GB of memory, this machine has 0\.0 GB"):
        load(saved(tmp_path, x=COLOUR, y=LABELS))

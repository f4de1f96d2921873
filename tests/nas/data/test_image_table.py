from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nas.data.image_table import read_table
from nas.errors import DataError
from tests.nas.data.pictures import pack_tar, paint, paint_classes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("layout", "splits"),
    [
        (("train/cat/1", "val/cat/1", "test/dog/1"), [2, 0, 1]),
        (("Train/cat/1", "Valid/cat/1", "TEST/dog/1"), [2, 0, 1]),
        (("any/train/cat/1", "any/validation/dog/1"), [0, 1]),
        (("train/cat/young/1", "train/cat/old/1", "test/dog/1"), [2, 0, 0]),
        (("train/train/1", "train/test/1"), [0, 0]),
        (("cat/1", "dog/1"), [-1, -1]),
        (("train/1", "bus/1"), [-1, -1]),
        (("pets/cat/1", "pets/dog/1"), [-1, -1]),
    ],
)
def test_layouts(tmp_path: Path, layout: tuple[str, ...], splits: list[int]) -> None:
    for index, name in enumerate(layout):
        paint(tmp_path / "data" / f"{name}.png", seed=index)
    table = read_table(tmp_path / "data", None)
    assert table.splits.tolist() == splits
    assert len(table.classes) == 2
    assert sorted(table.classes) == list(table.classes)


def test_labels_follow_the_sorted_class_names(tmp_path: Path) -> None:
    for name in ("b/1", "a/1", "c/1", "b/2"):
        paint(tmp_path / "data" / f"{name}.png")
    table = read_table(tmp_path / "data", None)
    assert table.classes == ("a", "b", "c")
    assert table.labels.tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ((), "two or more classes in .*, found 0 images"),
        (("cat/1", "cat/2"), r"two or more classes in .*, found 2 images of \['cat'\]"),
        (("train/cat/1", "train/cat/2"), r"found 2 images of \['cat'\]"),
        (("train/1", "test/1"), "two or more classes"),
        (("cat/1", "dog/1", "2"), r"'2\.png' in .* stands in no class folder"),
        (("train/cat/1", "train/dog/1", "dog/2"), r"'dog/2\.png' in .* stands in none of train/"),
    ],
)
def test_other_layouts_are_refused(tmp_path: Path, layout: tuple[str, ...], message: str) -> None:
    (tmp_path / "data").mkdir()
    for name in layout:
        paint(tmp_path / "data" / f"{name}.png")
    with pytest.raises(DataError, match=message) as caught:
        read_table(tmp_path / "data", None)
    assert str(tmp_path / "data") in caught.value.message
    assert "train/<class>/*.png" in caught.value.hint


def test_one_colour_picture_makes_all_of_them_colour(tmp_path: Path) -> None:
    paint(tmp_path / "data" / "cat" / "1.png", mode="L")
    paint(tmp_path / "data" / "dog" / "1.png", mode="L")
    assert read_table(tmp_path / "data", None).images.shape == (2, 1, 8, 8)
    paint(tmp_path / "data" / "dog" / "2.png", mode="P")
    assert read_table(tmp_path / "data", None).images.shape == (3, 3, 8, 8)


def test_the_most_common_shorter_side_decides(tmp_path: Path) -> None:
    for index, size in enumerate([(12, 20), (20, 12), (9, 9)]):
        paint(tmp_path / "data" / "cat" / f"{index}.png", size=size)
        paint(tmp_path / "data" / "dog" / f"{index}.png", size=size)
    assert read_table(tmp_path / "data", None).images.shape == (6, 3, 12, 12)
    assert read_table(tmp_path / "data", 5).images.shape == (6, 3, 5, 5)


def test_a_second_call_reads_the_cache(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    first = read_table(folder, None)
    (file,) = cache.iterdir()
    written = file.stat().st_mtime_ns
    second = read_table(folder, None)
    assert file.stat().st_mtime_ns == written
    for name in ("images", "labels", "splits"):
        one, two = getattr(first, name), getattr(second, name)
        assert np.array_equal(one, two)
        assert (one.dtype, one.strides) == (two.dtype, two.strides)
    assert second.classes == first.classes


def test_what_the_cache_holds_is_used(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    read_table(folder, None)
    (file,) = cache.iterdir()
    with np.load(file) as arrays:
        changed = {**arrays, "images": np.zeros_like(arrays["images"])}
    np.savez(file, **changed)
    assert not read_table(folder, None).images.any()


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed"])
def test_changed_data_are_read_again(tmp_path: Path, change: str) -> None:
    folder = paint_classes(tmp_path / "data", 3)
    before = read_table(folder, None)
    file = folder / "cat" / "001.png"
    match change:
        case "edited":
            paint(file, seed=99)
            os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 1))
        case "added":
            paint(folder / "cat" / "new.png", seed=99)
        case "removed":
            file.unlink()
        case "renamed":
            file.rename(folder / "dog" / "009.png")
    after = read_table(folder, None)
    assert not (
        np.array_equal(before.images, after.images) and np.array_equal(before.labels, after.labels)
    )


def test_an_archive_that_changed_is_read_again(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    archive = pack_tar(folder, tmp_path / "data.tar")
    assert len(read_table(archive, None).labels) == 4
    paint(folder / "cat" / "new.png")
    assert len(read_table(pack_tar(folder, archive), None).labels) == 5


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_damaged_cache_is_written_again(tmp_path: Path, cache: Path, content: bytes) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    first = read_table(folder, None)
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert np.array_equal(read_table(folder, None).images, first.images)
    assert file.stat().st_size > 100
    assert list(cache.iterdir()) == [file]


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert len(read_table(paint_classes(tmp_path / "data", 2), None).labels) == 4


def test_one_corrupt_picture_is_named_and_nothing_is_cached(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 3)
    (folder / "dog" / "001.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=re.escape("'dog/001.png'")) as caught:
        read_table(folder, None)
    assert str(folder) in caught.value.message
    assert "Remove or replace it" in caught.value.hint
    assert not cache.exists()

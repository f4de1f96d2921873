from __future__ import annotations

import errno
import os
import re
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from nas.data.images import image_files, image_table, memory
from nas.data.images.image_table import read_table
from nas.data.images.image_tree import ImageTree
from nas.data.images.picture import square
from nas.errors import DataError
from tests.nas.data.pictures import pack_tar, pack_zip, paint, paint_classes

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.images.member import Member


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_labels_follow_the_sorted_class_names(tmp_path: Path) -> None:
    for name in ("b/1", "a/1", "c/1", "b/2"):
        paint(tmp_path / "data" / f"{name}.png")
    table = read_table(ImageTree(tmp_path / "data"), None)
    assert table.contents.classes == ("a", "b", "c")
    assert table.contents.labels == (0, 1, 1, 2)


def test_one_colour_picture_makes_all_of_them_colour(tmp_path: Path) -> None:
    paint(tmp_path / "data" / "cat" / "1.png", mode="L")
    paint(tmp_path / "data" / "dog" / "1.png", mode="L")
    assert read_table(ImageTree(tmp_path / "data"), None).images.shape == (2, 1, 8, 8)
    paint(tmp_path / "data" / "dog" / "2.png", mode="P")
    assert read_table(ImageTree(tmp_path / "data"), None).images.shape == (3, 3, 8, 8)


def test_the_most_common_shorter_side_decides(tmp_path: Path) -> None:
    for index, size in enumerate([(12, 20), (20, 12), (9, 9)]):
        paint(tmp_path / "data" / "cat" / f"{index}.png", size=size)
        paint(tmp_path / "data" / "dog" / f"{index}.png", size=size)
    assert read_table(ImageTree(tmp_path / "data"), None).images.shape == (6, 3, 12, 12)
    assert read_table(ImageTree(tmp_path / "data"), 5).images.shape == (6, 3, 5, 5)


def test_a_second_call_reads_the_cache(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    first = read_table(ImageTree(folder), None)
    files = sorted(cache.iterdir())
    written = [file.stat().st_mtime_ns for file in files]
    second = read_table(ImageTree(folder), None)
    assert [file.stat().st_mtime_ns for file in files] == written
    assert np.array_equal(first.images, second.images)
    assert (first.images.dtype.name, first.images.strides) == ("uint8", second.images.strides)
    assert second.contents == first.contents


def test_what_the_cache_holds_is_used(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    read_table(ImageTree(folder), None)
    (file,) = cache.glob("*.npy")
    np.save(file, np.zeros_like(np.load(file)))
    assert not read_table(ImageTree(folder), None).images.any()


def test_an_image_that_is_changed_in_memory_stays_in_the_cache(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    for _ in range(2):
        images = read_table(ImageTree(folder), None).images
        assert images.any()
        images[:] = 0


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed", "skipped"])
def test_changed_data_are_read_again(tmp_path: Path, change: str) -> None:
    folder = paint_classes(tmp_path / "data", 3)
    before = read_table(ImageTree(folder), None)
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
        case "skipped":
            (folder / "cat" / "new.txt").touch()
    after = read_table(ImageTree(folder), None)
    assert not np.array_equal(before.images, after.images) or before.contents != after.contents


def test_an_archive_that_changed_is_read_again(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    archive = pack_tar(folder, tmp_path / "data.tar")
    assert len(read_table(ImageTree(archive), None).images) == 4
    paint(folder / "cat" / "new.png")
    assert len(read_table(ImageTree(pack_tar(folder, archive)), None).images) == 5


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("content", [b"", b"no archive", b"{}", b"[" * 10_000, b"\xff", None])
def test_a_damaged_cache_is_written_again(
    tmp_path: Path, cache: Path, suffix: str, content: bytes | None
) -> None:
    folder = paint_classes(tmp_path / "data", 2)
    first = np.array(read_table(ImageTree(folder), None).images)
    (file,) = cache.glob(f"*{suffix}")
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] if content is None else content)
    assert np.array_equal(read_table(ImageTree(folder), None).images, first)
    assert file.read_bytes() == whole
    assert len(list(cache.iterdir())) == 2


def test_a_full_disk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = paint_classes(tmp_path / "data", 2)
    whole = np.array(read_table(ImageTree(folder), 4).images)
    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    assert read_table(ImageTree(folder), 8).images.shape == (4, 3, 8, 8)
    assert np.array_equal(read_table(ImageTree(folder), 4).images, whole)


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert len(read_table(ImageTree(paint_classes(tmp_path / "data", 2)), None).images) == 4


class Interrupted(BaseException):
    """In place of a kill."""


def interrupted_after(count: int, decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decoding note the names of images, and stop after some of them."""

    def decode(path: Path, member: Member, *rest: Any) -> np.ndarray:
        if len(decoded) == count:
            raise Interrupted
        decoded.append(str(member.name))
        return square(path, member, *rest)

    monkeypatch.setattr(image_files, "square", decode)


def test_a_reading_that_was_killed_goes_on(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paint_classes(tmp_path / "data", 5)
    whole = np.array(read_table(ImageTree(folder), None).images)
    for file in cache.iterdir():
        file.unlink()
    monkeypatch.setattr(image_table, "_STEP", 3)
    decoded: list[str] = []
    interrupted_after(8, decoded, monkeypatch)
    with pytest.raises(Interrupted):
        read_table(ImageTree(folder), None)
    again: list[str] = []
    interrupted_after(99, again, monkeypatch)
    assert np.array_equal(read_table(ImageTree(folder), None).images, whole)
    assert again == [*decoded[6:], *again[2:]], "six of eight had been noted as complete"
    assert len(again) == 4
    assert sorted(file.suffix for file in cache.iterdir()) == [".json", ".npy"]


@pytest.mark.parametrize("lost", ["finished", "deleted"])
def test_the_progress_of_a_lost_file_is_not_that_of_a_new_one(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    # sorted, so the last image ends the file
    archive = pack_zip(paint_classes(tmp_path / "data", 5), tmp_path / "data.zip")
    whole = np.array(read_table(ImageTree(archive), None).images)
    (table,) = cache.glob("*.json")
    table.unlink()
    monkeypatch.setattr(image_table, "_STEP", 6)
    if lost == "deleted":  # by the user, after a kill
        interrupted_after(8, [], monkeypatch)
        with pytest.raises(Interrupted):
            read_table(ImageTree(archive), None)
        (part,) = cache.glob("*.part")
        part.unlink()
    else:  # killed between the last two files
        table.with_suffix(".progress").write_text("6")
    assert len(list(cache.glob("*.progress"))) == 1
    interrupted_after(2, [], monkeypatch)  # killed before anything is noted
    with pytest.raises(Interrupted):
        read_table(ImageTree(archive), None)
    interrupted_after(99, [], monkeypatch)
    assert np.array_equal(read_table(ImageTree(archive), None).images, whole)


def test_an_unreadable_picture_is_named_again_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paint_classes(tmp_path / "data", 5)
    file = folder / "cat" / "001.png"
    file.write_bytes(file.read_bytes()[:-30])  # its head is whole
    monkeypatch.setattr(image_table, "_STEP", 1)
    interrupted_after(9, [], monkeypatch)
    with pytest.raises(Interrupted):
        read_table(ImageTree(folder), None)
    monkeypatch.setattr(image_files, "square", square)
    with pytest.raises(DataError, match=re.escape("'cat/001.png'")):
        read_table(ImageTree(folder), None)


def test_without_room_the_images_go_into_memory_or_are_refused(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paint_classes(tmp_path / "data", 5)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1919))
    assert read_table(ImageTree(folder), None).images.shape == (10, 3, 8, 8)
    assert list(cache.iterdir()) == []
    monkeypatch.setattr(memory, "memory", lambda: 1919.0)
    with pytest.raises(DataError, match=r"take 0\.0 GB of memory at 8x8 pixels"):
        read_table(ImageTree(folder), None)


def test_one_corrupt_picture_is_named_and_nothing_is_cached(tmp_path: Path, cache: Path) -> None:
    folder = paint_classes(tmp_path / "data", 3)
    (folder / "dog" / "001.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=re.escape("'dog/001.png'")) as caught:
        read_table(ImageTree(folder), None)
    assert str(folder) in caught.value.message
    assert "Remove or replace it" in caught.value.hint
    assert not list(cache.glob("*"))


def test_archives_are_sorted_by_name_too(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 3)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for file in sorted(folder.rglob("*.png"), reverse=True):
            archive.write(file, file.relative_to(folder))
    packed, plain = (
        read_table(ImageTree(tmp_path / "data.zip"), None),
        read_table(ImageTree(folder), None),
    )
    assert np.array_equal(packed.images, plain.images)
    assert packed.contents == plain.contents


def test_file_names_may_be_of_any_bytes(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 1)
    os.rename(folder / "cat" / "000.png", os.fsencode(folder / "cat") + b"/caf\xe9.png")
    os.rename(folder / "dog", os.fsencode(folder) + b"/\xe9")
    for _ in range(2):
        assert read_table(ImageTree(folder), None).contents.classes == (
            "cat",
            os.fsdecode(b"\xe9"),
        )


def test_contrast_is_that_of_all_images(tmp_path: Path) -> None:
    for name, top in (("cat/1", 4095), ("dog/1", 2047)):
        file = tmp_path / "data" / f"{name}.png"
        file.parent.mkdir(parents=True)
        Image.fromarray(np.full((8, 8), top, dtype=np.uint16)).save(file)
    images = read_table(ImageTree(tmp_path / "data"), None).images
    assert [images[0].max(), images[1].max()] == [255, 127]


def test_large_images_are_read_at_224_pixels(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "data", 1)
    for label in ("cat", "dog"):
        paint(folder / label / "000.png", size=(300, 240))
    contents = read_table(ImageTree(folder), None).contents
    assert (contents.side, contents.usual_side) == (224, 240)
    assert read_table(ImageTree(folder), 240).contents.side == 240

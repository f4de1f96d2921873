from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image

from nas.data.images import memory
from nas.data.images.image_folder import load_images
from nas.errors import DataError
from nas.task.task import Task
from nas.testing.dataset import images_of
from tests.nas.data.pictures import pack_tar, pack_zip, paint, paint_classes

if TYPE_CHECKING:
    from nas.data.dataset import Dataset


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))


def sizes(data: Dataset) -> tuple[int, int, int]:
    return len(data.train), len(data.val), len(data.test)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("",), (72, 8, 20)),
        (("train",), (72, 8, 20)),
        (("train", "test"), (90, 10, 100)),
        (("train", "val"), (80, 100, 20)),
        (("train", "val", "test"), (100, 100, 100)),
    ],
)
def test_missing_splits_are_taken_from_the_training_images(
    tmp_path: Path, parts: tuple[str, ...], expected: tuple[int, int, int]
) -> None:
    for part in parts:
        paint_classes(tmp_path / "pets" / part, 50)
    data = load_images(tmp_path / "pets")
    assert sizes(data) == expected
    assert data.task == Task(classes=2, channels=3, resolution=8)
    assert data.class_names == ("cat", "dog")
    for split in (data.train, data.val, data.test):
        assert torch.bincount(split.labels).tolist() == [len(split) // 2] * 2


def test_a_given_split_stays_as_it_is(tmp_path: Path) -> None:
    paint_classes(tmp_path / "pets" / "train", 20)
    paint_classes(tmp_path / "pets" / "test", 5)
    first, second = (load_images(tmp_path / "pets", seed=seed) for seed in (0, 1))
    assert torch.equal(images_of(first.test).images, images_of(second.test).images)
    assert not torch.equal(images_of(first.val).images, images_of(second.val).images)


def test_folder_and_archives_are_the_same_data(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    archives = [
        pack_tar(folder, tmp_path / "a.tar.gz", "w:gz"),
        pack_zip(folder, tmp_path / "b.zip"),
    ]
    for archive in archives:
        assert load_images(archive).fingerprint == load_images(folder).fingerprint
    assert [load_images(path).name for path in (folder, *archives)] == ["pets", "a", "b"]


def test_options(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    data = load_images(folder, name="animals", resolution=4, flip=False)
    assert (data.name, data.task.resolution, data.flip) == ("animals", 4, False)


def test_too_few_images(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    with pytest.raises(DataError, match="leaves no image for the val split") as caught:
        load_images(folder)
    assert str(folder) in caught.value.message
    assert "ten images" in caught.value.hint


def test_test_images_without_training_images(tmp_path: Path) -> None:
    folder = tmp_path / "pets"
    paint_classes(folder / "train", 10)
    paint(folder / "test" / "emu" / "1.png")
    with pytest.raises(DataError, match="no training image of 'emu'") as caught:
        load_images(folder)
    assert str(folder) in caught.value.message


def test_what_should_be_known_is_noted(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    precise = (
        "The ranking split has 4 images: an accuracy of 80% is known to ± 22.9 points. So few "
        "images hardly separate good networks; --val-fraction, in Python "
        "val_fraction=..., makes it larger."
    )
    assert load_images(folder).notes == (precise,)
    (folder / "cat" / "labels.txt").touch()
    for number in range(20):
        paint(folder / "emu" / f"{number}.png", size=(300, 400), seed=number)
    for number in range(30):
        paint(folder / "dog" / f"{number}.png", size=(300, 400), seed=100 + number)
    for number in range(8):
        paint(folder / "owl" / f"{number}.png", seed=number)
    data = load_images(folder)
    assert data.skipped == {".txt": 1}
    skipped, shape, resolution, few, precision = data.notes
    assert skipped == "1 file skipped: 1 .txt."
    assert shape == (
        "50 of 98 images are not square: 300x400 images are cropped to 300x300 and resized to "
        "224x224."
    )
    assert resolution.startswith("The images are read at 224 pixels, but most of them have 300;")
    assert few.startswith("Few training images: 'owl' has 5.")
    assert precision.startswith("The ranking split has 9 images:")
    notes = load_images(folder, resolution=300).notes
    assert notes[1] == "50 of 98 images are not square: 300x400 images are cropped to 300x300."
    assert len(notes) == 4


def test_sizes_and_splits_are_kept_as_they_were_found(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets" / "train", 20)
    paint(folder / "cat" / "wide.png", size=(16, 8))
    paint_classes(tmp_path / "pets" / "test", 3)
    for _ in ("read", "from the cache"):
        found = load_images(tmp_path / "pets").found
        assert found is not None
        assert found.sizes == {"8x8": 46, "16x8": 1}
        assert list(found.sizes) == ["8x8", "16x8"]
        assert found.split_off == ("val",)


def test_all_broken_images_are_named_at_once(tmp_path: Path) -> None:
    """Of some the header is damaged, of others what is behind it."""
    folder = paint_classes(tmp_path / "pets", 20)
    (folder / "cat" / "003.png").write_bytes(b"no picture")
    content = (folder / "dog" / "001.png").read_bytes()
    (folder / "dog" / "001.png").write_bytes(content[:60])
    for place in (folder, pack_tar(folder, tmp_path / "pets.tar")):
        with pytest.raises(DataError, match="cannot read 2 images") as caught:
            load_images(place)
        assert str(place) in caught.value.message
        assert "'cat/003.png' (its format is unknown), 'dog/001.png' (" in (
            caught.value.message.replace("pets/", "")
        )
        assert "them" in caught.value.hint


def test_of_many_broken_images_ten_are_named(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    for number in range(12):
        (folder / "cat" / f"{number:03}.png").write_bytes(b"")
    with pytest.raises(DataError, match="cannot read 12 images") as caught:
        load_images(folder)
    assert caught.value.message.count("'cat/") == 10
    assert caught.value.message.endswith("and 2 more")


def test_names_of_any_bytes_can_be_written(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/p\xe9ts"))
    paint_classes(folder, 20, ("cat", os.fsdecode(b"\xe9\xff"), "é"))
    data = load_images(folder)
    assert data.class_names == ("cat", "é", "\\xe9\\xff")
    assert data.name == "p\\xe9ts"


_MEMORY = """
import resource, sys
from pathlib import Path
from nas.data.images.image_folder import load_images

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB

before = peak()
data = load_images(Path(sys.argv[1]))
print(data.task.resolution, len(data.train), peak() - before)
"""


@pytest.mark.slow
def test_photos_take_memory_one_at_a_time(tmp_path: Path) -> None:
    """12 megapixels are 36 MB; the pixels of eight such photos would take 290."""
    photo = BytesIO()
    Image.linear_gradient("L").resize((4032, 3024)).convert("RGB").save(photo, "JPEG")
    for number, part in enumerate(("train", "train", "val", "test") * 2):
        file = tmp_path / "photos" / part / f"{number // 4}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(photo.getvalue())
    program = [sys.executable, "-c", _MEMORY]
    answer = subprocess.run(
        [*program, str(tmp_path / "photos")], capture_output=True, text=True, check=True
    )
    resolution, images, memory = answer.stdout.split()
    assert (resolution, images) == ("224", "4")
    assert float(memory) < 100


@pytest.mark.parametrize("resolution", [0, -1])
def test_images_without_pixels_are_refused(tmp_path: Path, resolution: int) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    with pytest.raises(DataError, match=f"at least 1 pixel, got {resolution}"):
        load_images(folder, resolution=resolution)


def test_the_share_of_the_ranking_split_may_be_chosen(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 50)
    data = load_images(folder, val_fraction=0.25)
    assert sizes(data) == (60, 20, 20)
    assert data.val.labels.bincount().tolist() == [10, 10]
    usual = load_images(folder)
    assert torch.equal(images_of(data.test).images, images_of(usual.test).images)
    assert load_images(folder, val_fraction=0.1).fingerprint == usual.fingerprint


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(tmp_path: Path, fraction: float) -> None:
    folder = paint_classes(tmp_path / "pets", 10)
    with pytest.raises(DataError, match=f"between 0 and 1, got {fraction}"):
        load_images(folder, val_fraction=fraction)


@pytest.mark.parametrize(("fraction", "split"), [(0.1, "val"), (0.95, "train")])
def test_a_share_that_leaves_a_class_out_is_refused(
    tmp_path: Path, fraction: float, split: str
) -> None:
    folder = paint_classes(tmp_path / "pets", 50)
    for number in range(5):
        paint(folder / "emu" / f"{number}.png", seed=number)
    with pytest.raises(DataError, match=f"the {split} split of .* no image of 'emu'") as caught:
        load_images(folder, val_fraction=fraction)
    assert "there are 4 images to train and rank on" in caught.value.message


def test_no_share_is_taken_where_the_ranking_split_is_given(tmp_path: Path) -> None:
    for part in ("train", "val"):
        paint_classes(tmp_path / "pets" / part, 20)
    with pytest.raises(DataError, match="pets' has a ranking split"):
        load_images(tmp_path / "pets", val_fraction=0.3)


def test_copies_are_listed_and_those_in_two_splits_or_classes_noted(tmp_path: Path) -> None:
    folder = tmp_path / "pets"
    for part in ("train", "val", "test"):
        paint_classes(folder / part, 20)
    shutil.copy(folder / "train/cat/000.png", folder / "test/cat/copy.png")
    Image.open(folder / "train/dog/001.png").save(folder / "train/cat/other.bmp")
    for place in (folder, pack_zip(folder, tmp_path / "pets.zip")):
        data = load_images(place)
        assert data.found is not None
        names = [[name.removeprefix("pets/") for name in group] for group in data.found.equal]
        assert names == [
            ["test/cat/copy.png", "train/cat/000.png"],
            ["train/cat/other.bmp", "train/dog/001.png"],
        ]
    copies, leak, torn = load_images(folder).notes[:3]
    assert copies.startswith("2 images equal another one: 'test/cat/copy.png' = 'train/cat/0")
    assert "two splits: 'test/cat/copy.png' (test) = 'train/cat/000.png' (train). " in leak
    assert "two classes: 'train/cat/other.bmp' (cat) = 'train/dog/001.png' (dog). " in torn


def test_frames_that_are_not_read_are_noted(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green")]
    frames[0].save(folder / "cat/moving.gif", save_all=True, append_images=frames[1:])
    note = "1 image with several frames or pages: the first of each is read."
    assert load_images(folder).notes[0] == note


def test_images_of_one_class_are_refused(tmp_path: Path) -> None:
    paint_classes(tmp_path / "pets", 20, ("cat",))
    with pytest.raises(
        DataError, match=r"two or more classes in .*, found 20 images of \['cat'\]"
    ):
        load_images(tmp_path / "pets")


def test_ten_images_need_a_larger_ranking_split(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 5)
    with pytest.raises(DataError, match="no image for the val split") as caught:
        load_images(folder)
    assert "a larger --val-fraction" in caught.value.hint
    assert sizes(load_images(folder, val_fraction=0.25)) == (6, 2, 2)


def test_images_beyond_memory_and_disk_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paint_classes(tmp_path / "pets", 20)
    monkeypatch.setattr(memory, "memory", lambda: 5e3)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5e3))
    with pytest.raises(DataError, match=r"the 40 images in .* at 8x8 pixels, this") as caught:
        load_images(folder)
    assert "--resolution 4," in caught.value.hint
    assert load_images(folder, resolution=4).task.resolution == 4

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nas.data.images.layout import split_and_class
from nas.errors import DataError

ROOT = Path("data")


def placed(*images: str) -> list[str]:
    """``split:class`` of each image."""
    keys = split_and_class(ROOT, [PurePosixPath(f"{name}.png") for name in images])
    return [":".join(key) for key in keys]


@pytest.mark.parametrize(
    ("images", "keys"),
    [
        ("train/cat/1 val/cat/1 test/dog/1", "train:cat val:cat test:dog"),
        ("Train/cat/1 Valid/cat/1 TEST/dog/1", "train:cat val:cat test:dog"),
        ("Training/cat/1 dev/cat/1 Testing/dog/1", "train:cat val:cat test:dog"),
        ("any/train/cat/1 any/validation/dog/1", "train:cat val:dog"),
        ("root/any/train/cat/1 root/any/train/dog/1", "train:cat train:dog"),
        ("a/train/cat/1 b/train/dog/1", "train:cat train:dog"),
        ("train/cat/young/1 train/cat/old/1 test/dog/1", "train:cat train:cat test:dog"),
        ("train/cat/test/a/1 train/dog/1 test/dog/1", "train:cat train:dog test:dog"),
        ("train/all/cat/1 train/all/dog/1 test/all/cat/1", "train:cat train:dog test:cat"),
        ("train/train/1 train/test/1", "train:train train:test"),
        (
            "train/animals/cat/1 train/animals/dog/1 train/cars/bus/1",
            "train:animals " * 2 + "train:cars",
        ),
        ("cat/1 dog/1", ":cat :dog"),
        ("train/1 bus/1", ":train :bus"),
        ("pets/cat/1 pets/dog/1", ":cat :dog"),
        ("dev/cat/1 dev/dog/1", ":cat :dog"),
        ("cat/2021/1 dog/2021/1", ":cat :dog"),
        ("cat/2021/1 cat/2022/1 dog/2021/1", ":cat :cat :dog"),
        ("cat/2021/1 dog/2022/1", ":cat :dog"),
        ("cat/young/1 cat/old/1 dog/1", ":cat :cat :dog"),
        ("pets/cat/2021/1 pets/dog/2021/1", ":cat :dog"),
        ("cat/images/1 dog/images/1", ":cat :dog"),
    ],
)
def test_layouts(images: str, keys: str) -> None:
    assert placed(*images.split()) == keys.split()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("cat/1 cat/2", r"two or more classes in 'data', found 2 images of \['cat'\]"),
        ("train/cat/1 train/cat/2", r"found 2 images of \['cat'\]"),
        ("train/1 test/1", "two or more classes"),
        ("Training/1 Testing/1", "two or more classes"),
        ("1 2", r"'1\.png' in 'data' is in no class folder"),
        ("cat/1 dog/1 2", r"'2\.png' in 'data' is in no class folder"),
        ("train/cat/1 train/dog/1 train/2", r"'train/2\.png' in 'data' is in no class folder"),
        ("train/cat/1 train/dog/1 dog/2", r"'dog/2\.png' in 'data' is in none of train/"),
        ("cat/train/1 cat/test/1 dog/train/1", r"'cat/train/1\.png' .* a split inside a class"),
        ("cat/2021/1 cat/2022/1 dog/2023/1", "have 2 classes such as 'cat' or 3 such as '2021'"),
        ("animals/cat/1 animals/dog/1 cars/bus/1", "have 2 classes such as 'animals' or 3"),
    ],
)
def test_other_layouts_are_refused(images: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        placed(*images.split())
    assert "train/<class>/*.png" in caught.value.hint


def read_or_refused(folders: list[str]) -> list[str] | None:
    try:
        return placed(*(f"{folder}/1" for folder in folders))
    except DataError:
        return None


FOLDER = st.sampled_from(["cat", "dog", "2021", "2022", "train", "Testing", "dev", "images"])
IMAGES = st.lists(st.lists(FOLDER, max_size=4).map("/".join), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(IMAGES, st.lists(st.sampled_from(["pets", "a"]), max_size=2).map("/".join))
def test_any_layout_is_read_or_refused_and_leading_folders_change_nothing(
    folders: list[str], lead: str
) -> None:
    assume(all(folders))
    below = [f"{lead}/{folder}".strip("/") for folder in folders]
    keys = read_or_refused(folders)
    assert read_or_refused(below) == keys
    if keys is None:
        return
    for key, folder in zip(keys, folders, strict=True):
        split, label = key.split(":")
        assert label in folder.split("/")
        assert bool(split) == all(bool(other.split(":")[0]) for other in keys)
    assert len(set(keys)) > 1

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from PIL import Image

from nas.data.images.member import FORMATS, is_image, kind_of, skipped_files


def test_the_suffixes_are_those_of_pillow() -> None:
    Image.init()
    known = {(kind, suffix) for suffix, kind in Image.registered_extensions().items()}
    listed = {(kind, suffix) for kind, suffixes in FORMATS.items() for suffix in suffixes}
    floating = {("PPM", ".pfm")}
    assert {(kind, suffix) for kind, suffix in known if kind in FORMATS} - listed == floating
    assert listed <= known
    assert set(FORMATS) <= set(Image.OPEN)


@pytest.mark.parametrize("name", ["1.png", "a/1.JPG", "1.jfif", "1.jpe", "1.pgm", "1.tif"])
def test_images_by_suffix(name: str) -> None:
    assert is_image(PurePosixPath(name))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("1.TXT", ".txt"), ("1.eps", ".eps"), ("1", "other file"), ("1.a\x1b[0m", "other file")],
)
def test_others_by_kind(name: str, kind: str) -> None:
    assert not is_image(PurePosixPath(name))
    assert kind_of(PurePosixPath(name)) == kind


def test_many_kinds_are_not_all_listed() -> None:
    skipped = {f".{number}": number for number in range(1, 10)}
    assert skipped_files(skipped) == (
        "45 files skipped: 9 .9, 8 .8, 7 .7, 6 .6, 5 .5, 4 .4, 6 of other kinds"
    )
    assert skipped_files({"link": 1}) == "1 file skipped: 1 link"

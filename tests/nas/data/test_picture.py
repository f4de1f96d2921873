from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nas.data.archive import Member
from nas.data.picture import header, square
from nas.errors import DataError
from tests.nas.data.pictures import paint

ROOT = Path("pets")


def member(file: Path) -> Member:
    return Member(PurePosixPath("cat", file.name), file.read_bytes)


def saved(tmp_path: Path, image: Image.Image, suffix: str = ".png", **options: Any) -> Member:
    image.save(tmp_path / f"1{suffix}", **options)
    return member(tmp_path / f"1{suffix}")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_modes_become_grey_or_colour_bytes(tmp_path: Path, mode: str) -> None:
    paint(tmp_path / "1.png", mode=mode)
    grey, size = header(ROOT, member(tmp_path / "1.png"))
    assert (grey, size) == (mode in ("1", "L", "LA", "I;16"), (8, 8))
    for target, channels in (("L", 1), ("RGB", 3)):
        pixels = square(ROOT, member(tmp_path / "1.png"), 8, target)
        assert pixels.shape == (channels, 8, 8)
        assert pixels.dtype == np.uint8


def test_colour_planes_keep_their_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    read = square(ROOT, saved(tmp_path, Image.fromarray(pixels)), 8, "RGB")
    assert np.array_equal(read, pixels.transpose(2, 0, 1))


def test_grey_becomes_three_equal_planes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    read = square(ROOT, saved(tmp_path, Image.fromarray(pixels)), 8, "RGB")
    assert all(np.array_equal(plane, pixels) for plane in read)


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path) -> None:
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    read = square(ROOT, saved(tmp_path, Image.fromarray(pixels)), 8, "L")
    assert np.array_equal(read[0], pixels >> 8)


def test_transparency_is_dropped(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    read = square(ROOT, saved(tmp_path, Image.fromarray(pixels)), 8, "RGB")
    assert np.array_equal(read, pixels[..., :3].transpose(2, 0, 1))


def test_a_palette_may_be_transparent(tmp_path: Path) -> None:
    image = Image.new("P", (2, 2))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 1, 1, 0])
    read = square(ROOT, saved(tmp_path, image, transparency=bytes([0, 128])), 2, "RGB")
    assert read[:, 0].T.tolist() == [[255, 0, 0], [0, 255, 0]]


@pytest.mark.parametrize("size", [(16, 8), (8, 16)])
def test_the_central_square_is_taken(tmp_path: Path, size: tuple[int, int]) -> None:
    image = Image.new("L", size, 0)
    image.paste(
        200, ((size[0] - 8) // 2, (size[1] - 8) // 2, (size[0] + 8) // 2, (size[1] + 8) // 2)
    )
    assert square(ROOT, saved(tmp_path, image), 4, "L").tolist() == [[[200] * 4] * 4]


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "7.png").write_bytes(content)
    with pytest.raises(DataError, match=r"cat/7\.png") as caught:
        header(ROOT, member(tmp_path / "7.png"))
    assert "pets" in caught.value.message
    assert caught.value.hint == "Remove or replace it."


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_half_a_picture_is_named(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"7{suffix}"
    paint(file, size=(64, 64))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(DataError, match=f"cat/7{suffix}"):
        square(ROOT, member(file), 8, "RGB")


def test_floating_point_pictures_are_refused(tmp_path: Path) -> None:
    image = Image.fromarray(np.ones((4, 4), dtype=np.float32))
    with pytest.raises(DataError, match="floating point"):
        square(ROOT, saved(tmp_path, image, ".tiff"), 4, "L")

from __future__ import annotations

import subprocess
from contextlib import suppress
from functools import cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from nas.data.images import picture
from nas.data.images.member import FORMATS, Member
from nas.data.images.picture import header, square
from nas.errors import DataError
from tests.nas.data.pictures import paint

ROOT = Path("pets")
TURNS = (
    *(None, None),
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_270,
)
"""What turns an upright image into one of each orientation in EXIF, which is numbered from 1."""


def member(file: Path) -> Member:
    return Member(PurePosixPath("cat", file.name), lambda: file.open("rb"))


def saved(tmp_path: Path, image: Image.Image, suffix: str = ".png", **options: Any) -> Member:
    image.save(tmp_path / f"1{suffix}", **options)
    return member(tmp_path / f"1{suffix}")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_modes_become_grey_or_colour_bytes(tmp_path: Path, mode: str) -> None:
    paint(tmp_path / "1.png", mode=mode)
    head = header(ROOT, member(tmp_path / "1.png"))
    assert (head.grey, head.side) == (mode in ("1", "L", "LA", "I;16"), 8)
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


@pytest.mark.parametrize(("top", "bits"), [(65535, 16), (4095, 12), (2000, 11), (255, 8), (3, 8)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_fewer_bits_in_sixteen_keep_their_contrast(
    tmp_path: Path, top: int, bits: int, suffix: str
) -> None:
    pixels = np.linspace(0, top, 64).astype(np.uint16).reshape(8, 8)
    image = saved(tmp_path, Image.fromarray(pixels), suffix)
    assert header(ROOT, image) == (True, 8, 8, bits, False)
    assert np.array_equal(square(ROOT, image, 8, "L", bits)[0], pixels >> (bits - 8))


@pytest.mark.parametrize(("orientation", "size"), [(1, (12, 8)), (3, (12, 8)), (6, (8, 12))])
def test_width_and_height_are_those_of_the_turned_image(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = saved(tmp_path, Image.new("RGB", (12, 8)), ".jpg", exif=exif)
    head = header(ROOT, image)
    assert ((head.width, head.height), head.side) == (size, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_images_are_turned_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    """A bright upper half, whichever way the camera was held."""
    upright = np.zeros((16, 16), dtype=np.uint8)
    upright[:8] = 255
    turn = TURNS[orientation]
    image = Image.fromarray(upright).convert("RGB")
    held = image if turn is None else image.transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    held.save(tmp_path / f"1{suffix}", exif=exif)
    read = square(ROOT, member(tmp_path / f"1{suffix}"), 4, "L")[0]
    assert (read[:2] > 200).all()
    assert (read[2:] < 50).all()


def test_damaged_metadata_do_not_hide_the_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    image = saved(tmp_path, Image.fromarray(pixels), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
    assert np.array_equal(square(ROOT, image, 8, "RGB"), pixels.transpose(2, 0, 1))


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


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n",
        b"\xc5\xd0\xd3\xc6" + bytes(60),
        b"gimp xcf file",
        b"8BPS\0\1" + bytes(60),
        b"/* XPM */\nstatic char * x[] = {\n",
    ],
)
def test_only_the_listed_formats_are_opened(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostScript would start Ghostscript."""
    monkeypatch.setattr(subprocess, "Popen", None)
    (tmp_path / "7.png").write_bytes(content)
    for read in (header, partial(square, side=8, mode="RGB")):
        with pytest.raises(DataError, match="its format is unknown"):
            read(ROOT, member(tmp_path / "7.png"))


def test_a_small_file_of_many_pixels_is_refused(tmp_path: Path) -> None:
    """A bitmap that says it has 20000 x 5000 pixels, and has none."""
    Image.new("L", (1, 1)).save(tmp_path / "1.bmp")
    head = (tmp_path / "1.bmp").read_bytes()
    size = (20_000).to_bytes(4, "little") + (5_000).to_bytes(4, "little")
    (tmp_path / "1.bmp").write_bytes(head[:18] + size + head[26:])
    assert header(ROOT, member(tmp_path / "1.bmp")).side == 5_000
    with pytest.raises(DataError, match="at most 89,478,485 pixels, got 100,000,000"):
        square(ROOT, member(tmp_path / "1.bmp"), 8, "L")


def test_an_image_that_pillow_does_not_open_for_its_pixels_is_refused(tmp_path: Path) -> None:
    """A bitmap that says it has 20000 x 10000 pixels, and has none."""
    Image.new("L", (1, 1)).save(tmp_path / "1.bmp")
    head = (tmp_path / "1.bmp").read_bytes()
    size = (20_000).to_bytes(4, "little") + (10_000).to_bytes(4, "little")
    (tmp_path / "1.bmp").write_bytes(head[:18] + size + head[26:])
    with pytest.raises(DataError, match="at most 89,478,485 pixels, got more than twice as many"):
        header(ROOT, member(tmp_path / "1.bmp"))


@pytest.mark.parametrize(("low", "high"), [(-1000, 3000), (0, 70_000)])
def test_values_that_would_be_clipped_are_refused(tmp_path: Path, low: int, high: int) -> None:
    pixels = np.linspace(low, high, 64).astype(np.int32).reshape(8, 8)
    image = saved(tmp_path, Image.fromarray(pixels), ".tif")
    with pytest.raises(DataError, match=f"values from 0 to 65,535, got {low:,} to {high:,}"):
        header(ROOT, image)


def test_print_colours_become_screen_colours(tmp_path: Path) -> None:
    colours = np.full((8, 8, 3), (200, 100, 40), dtype=np.uint8)
    image = saved(tmp_path, Image.fromarray(colours).convert("CMYK"), ".jpg")
    assert np.abs(square(ROOT, image, 8, "RGB")[:, 4, 4].astype(int) - (200, 100, 40)).max() < 5


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".tif"])
def test_the_first_of_several_frames_is_read(tmp_path: Path, suffix: str) -> None:
    red, green = (Image.new("RGB", (8, 8), colour) for colour in ("red", "green"))
    several = saved(tmp_path, red, suffix, save_all=True, append_images=[green])
    assert header(ROOT, several).frames
    read = square(ROOT, several, 8, "RGB")[:, 4, 4]
    assert read[0] > 250
    assert read[1] < 5
    assert not header(ROOT, saved(tmp_path, red, suffix)).frames


@pytest.mark.parametrize("size", [(20_000, 20), (1, 1)])
def test_strips_and_points_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    image = saved(tmp_path, Image.new("RGB", size, (9, 90, 200)))
    assert header(ROOT, image).side == min(size)
    assert square(ROOT, image, 8, "RGB")[:, 7, 7].tolist() == [9, 90, 200]


def test_photos_are_decoded_at_a_part_of_their_size(tmp_path: Path) -> None:
    """A large one looks like the same photo half as large."""
    ramp = np.add.outer(np.arange(2400), np.arange(3200)) % 256
    photo = Image.fromarray(ramp.astype(np.uint8)).convert("RGB").resize((3200, 2400))
    blurred = photo.resize((32, 24), Image.Resampling.BOX).resize((3200, 2400))
    large = square(ROOT, saved(tmp_path, blurred, ".jpg"), 64, "RGB")
    half = blurred.resize((1600, 1200), Image.Resampling.BOX)
    small = square(ROOT, saved(tmp_path, half, ".jpg"), 64, "RGB")
    assert np.abs(large.astype(int) - small).mean() < 2


@settings(max_examples=60, deadline=None)
@given(data=st.data(), suffix=st.sampled_from(sorted({s[0] for s in FORMATS.values()})))
def test_a_damaged_picture_is_read_or_refused(
    data: st.DataObject, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(encoded(suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, 2 * len(content))) :]
    file = tmp_path_factory.mktemp("damaged") / f"7{suffix}"
    file.write_bytes(content)
    for read in (header, partial(square, side=8, mode="RGB")):
        with suppress(DataError):
            read(ROOT, member(file))


@cache
def encoded(suffix: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 12, 3), dtype=np.uint8)
    content = BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    kind = Image.registered_extensions()[suffix]
    Image.fromarray(pixels).save(content, kind, exif=exif)
    return content.getvalue()


def test_formats_that_pillow_lacks_are_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(Image.OPEN, "AVIF")
    picture._formats.cache_clear()
    paint(tmp_path / "1.png")
    assert header(ROOT, member(tmp_path / "1.png")).side == 8
    picture._formats.cache_clear()

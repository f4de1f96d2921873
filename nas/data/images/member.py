"""One image file of a folder or an archive, and which files are images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from nas.errors import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePosixPath

FORMATS = {
    "AVIF": (".avif", ".avifs"),
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "GIF": (".gif",),
    "JPEG": (".jfif", ".jpe", ".jpg", ".jpeg"),
    "JPEG2000": (".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c"),
    "PNG": (".png", ".apng"),
    "PPM": (".pbm", ".pgm", ".ppm", ".pnm"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "TGA": (".tga", ".icb", ".vda", ".vst"),  # last: its files do not begin with a signature
}
"""Accepted formats by Pillow's names, with their suffixes.

Files of other formats are never opened, since some of Pillow's readers start other programs.
"""
SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
LINK = "link"
_KINDS = 6
"""The most kinds of skipped files that a message lists."""


@dataclass(frozen=True)
class Member:
    """One file: its path relative to the root, and a function that opens it.

    Open a member of an archive before reading on to the next member.
    """

    name: PurePosixPath
    open: Callable[[], BinaryIO]


def is_hidden(name: PurePosixPath) -> bool:
    """Whether a file is hidden or made by the system, such as ``.DS_Store``."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def is_image(name: PurePosixPath) -> bool:
    """Whether a file is an image by its suffix."""
    return name.suffix.lower() in SUFFIXES


def kind_of(name: PurePosixPath) -> str:
    """Suffix of a file that is no image, or ``"other file"``."""
    suffix = name.suffix.lower()
    return (
        suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 9 else "other file"
    )


def skipped_files(skipped: Mapping[str, int]) -> str:
    """The number of skipped files in words.

    Example:
        >>> skipped_files({".txt": 10, "broken link": 2})
        '12 files skipped: 10 .txt, 2 broken links'
    """
    kinds = sorted(skipped, key=lambda kind: -skipped[kind])
    words = [
        f"{skipped[kind]:,} {kind}" if kind.startswith(".") else counted(skipped[kind], kind)
        for kind in kinds[:_KINDS]
    ]
    if len(kinds) > _KINDS:
        words.append(f"{sum(skipped[kind] for kind in kinds[_KINDS:]):,} of other kinds")
    return f"{counted(sum(skipped.values()), 'file')} skipped: {', '.join(words)}"

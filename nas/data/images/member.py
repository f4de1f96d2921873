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
    "TGA": (".tga", ".icb", ".vda", ".vst"),  # last: it begins with no mark of its own
}
"""Pillow's names of the formats that are opened, and its suffixes of them.

Nothing else is opened, whatever a file is called: some of Pillow's readers start other programs.
"""
SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
LINK = "link"
_KINDS = 6
"""The most kinds of skipped files that a message lists."""


@dataclass(frozen=True)
class Member:
    """One file: its path relative to the root, and how it is opened.

    A member of an archive is opened while the archive stands at it, not later.
    """

    name: PurePosixPath
    open: Callable[[], BinaryIO]


def is_hidden(name: PurePosixPath) -> bool:
    """Whether a file is one that systems leave behind, such as ``.DS_Store``."""
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
    """How many files were left out, in words.

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

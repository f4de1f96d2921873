"""Image files of a folder or an archive, by name."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".tif", ".tiff"})
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,  # an encrypted .zip
)


@dataclass(frozen=True)
class Member:
    """One file: its path relative to the root, and how its bytes are had."""

    name: PurePosixPath
    read: Callable[[], bytes]


def image_members(path: Path) -> list[Member]:
    """All image files below a folder or in an archive, sorted by name, hidden ones left out.

    Nothing is unpacked: archives are read in memory.

    Args:
        path: Folder, ``.tar`` (any compression) or ``.zip``.

    Raises:
        DataError: The archive is damaged, or a name in it leads out of it.
    """
    members = _folder(path) if path.is_dir() else _archive(path)
    return sorted(members, key=lambda member: str(member.name))


def image_files(path: Path) -> list[Path]:
    """All image files below a folder, hidden ones left out; unsorted."""
    return [
        file
        for file in path.rglob("*")
        if _is_image(PurePosixPath(file.relative_to(path))) and file.is_file()
    ]


def _is_image(name: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.parts)
    return not hidden and name.suffix.lower() in SUFFIXES


def _folder(path: Path) -> Iterator[Member]:
    for file in image_files(path):
        yield Member(PurePosixPath(file.relative_to(path)), file.read_bytes)


def _archive(path: Path) -> Iterator[Member]:
    read = _zip if zipfile.is_zipfile(path) else _tar
    try:
        for text, content in read(path):
            name = PurePosixPath(text)
            if name.is_absolute() or ".." in name.parts:
                raise DataError(
                    f"the archive {str(path)!r} holds {text!r}, which leads out of it",
                    hint="Pack it again with paths relative to the folder.",
                )
            if _is_image(name):
                yield Member(name, partial(bytes, content()))
    except _DAMAGE as error:
        raise DataError(
            f"cannot read {str(path)!r} as a .tar or .zip archive: {error}",
            hint="Fetch or pack it again.",
        ) from None


def _zip(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, partial(archive.read, info)


def _tar(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with tarfile.open(path, "r|*") as archive:
        for info in archive:
            if not info.isdir():
                yield info.name, partial(_content, archive, info, path)


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> bytes:
    content = archive.extractfile(info) if info.isfile() else None
    if content is None:
        raise DataError(
            f"{info.name!r} in the archive {str(path)!r} is no file but a link",
            hint="Pack it again with tar --dereference --hard-dereference.",
        )
    return content.read()

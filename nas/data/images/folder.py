"""Files below a folder."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from nas.data.images.member import Member, is_hidden, is_image, kind_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator


def folder_members(path: Path, skipped: Counter[str]) -> Iterator[Member]:
    """All image files below a folder without hidden ones; links are followed.

    Args:
        path: The folder.
        skipped: Receives the number of skipped files by kind.
    """
    for file in folder_files(path, skipped):
        yield Member(PurePosixPath(file.relative_to(path)), partial(_opened, file))


def folder_files(path: Path, skipped: Counter[str]) -> Iterator[Path]:
    """Paths of the image files below a folder, as :func:`folder_members` finds them."""
    pending: list[tuple[Path, frozenset[tuple[int, int]]]] = [(path, frozenset())]
    while pending:
        folder, above = pending.pop()
        try:
            status = folder.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in above:  # a link to a folder above it, whose files are read already
                skipped["circular link"] += 1
                continue
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            skipped["unreadable folder"] += 1
            continue
        for entry in entries:
            file = folder / entry.name
            name = PurePosixPath(entry.name)
            if is_hidden(name):
                continue
            kind = _kind(entry)
            if kind == "folder":
                pending.append((file, above | {identity}))
            elif kind == "file" and is_image(name):
                yield file
            else:
                skipped[kind_of(name) if kind == "file" else kind] += 1


def stamp(file: Path) -> str:
    """Path, size and time of the last change of a file; without them for a missing one."""
    try:
        status = file.stat()
    except OSError:
        return f"{file}\0"
    return f"{file}\0{status.st_size} {status.st_mtime_ns}"


def readable(name: str) -> str:
    """A file's name as valid text, whatever its bytes are."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _opened(file: Path) -> BinaryIO:
    return file.open("rb")


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
    except OSError:
        return "circular link"
    return "broken link" if entry.is_symlink() else "special file"

"""Images in the order of a table, with the split and the class that it gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from nas.data.images.folder import stamp
from nas.data.images.member import Member
from nas.errors import DataError, counted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence

_NAMED = 10
"""Largest number of missing files that a message names."""


@dataclass(frozen=True, eq=False)
class ImageRows:
    """The rows of a table of images.

    Attributes:
        path: The table.
        images: The image of each row; iterated over more than once.
        row_keys: Split and class of each row.
        files: What the images are read from, the table among them.
    """

    path: Path
    images: Iterable[Member]
    row_keys: Sequence[tuple[str, str]]
    files: Sequence[Path]
    sorts: ClassVar[bool] = False

    def members(self, skipped: Counter[str]) -> Iterator[Member]:
        """The image of each row."""
        yield from self.images

    def keys(self, names: Sequence[PurePosixPath]) -> list[tuple[str, str]]:
        """Split and class of each row."""
        return list(self.row_keys)

    def stamps(self) -> Iterator[str]:
        """The path, and each file with size and time."""
        yield str(self.path.resolve())
        yield from map(stamp, self.files)


def named_files(table: Path, names: Sequence[str]) -> list[Path]:
    """The files that a table names, relative to its folder or absolute.

    Raises:
        DataError: Some are not there.
    """
    files = [table.parent / name for name in names]
    missing = sorted({name for name, file in zip(names, files, strict=True) if not _is_file(file)})
    if missing:
        listed = ", ".join(map(repr, missing[:_NAMED]))
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        raise DataError(
            f"{str(table)!r} names {counted(len(missing), 'file')} that cannot be found: "
            f"{listed}{more}",
            hint="Give names relative to the folder of the table, with / between folders.",
        )
    return files


def file_member(name: str, file: Path) -> Member:
    """An image that a table names."""
    return Member(PurePosixPath(name), partial(_opened, file))


def _opened(file: Path) -> BinaryIO:
    return file.open("rb")


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a null character
        return False

"""A folder or an archive of images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.data.images.archive import archive_members
from nas.data.images.folder import folder_files, folder_members, stamp
from nas.data.images.layout import split_and_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from nas.data.images.member import Member


@dataclass(frozen=True)
class ImageTree:
    """The images of a folder, a ``.tar`` or a ``.zip``."""

    path: Path
    sorts: ClassVar[bool] = True

    def members(self, skipped: Counter[str]) -> Iterator[Member]:
        """All images in the order of the folder or the archive."""
        read = folder_members if self.path.is_dir() else archive_members
        return read(self.path, skipped)

    def keys(self, names: Sequence[PurePosixPath]) -> list[tuple[str, str]]:
        """Split and class of each image, from the folders that contain it."""
        return split_and_class(self.path, names)

    def stamps(self) -> Iterator[str]:
        """The path, each file with size and time, and the skipped files."""
        skipped: Counter[str] = Counter()
        yield str(self.path.resolve())
        if self.path.is_dir():
            yield from map(stamp, sorted(folder_files(self.path, skipped)))
        else:
            yield stamp(self.path)
        yield str(sorted(skipped.items()))

"""The contract of images that are decoded one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from nas.data.images.member import Member

UNSPLIT = ""
"""The split of an image that is in none: one is drawn for it by seed."""


class ImageSource(Protocol):
    """Images in files: where they are, and their split and class.

    :class:`nas.data.images.image_tree.ImageTree` takes both from the folders of a folder or an
    archive, :class:`nas.data.images.image_rows.ImageRows` from a table.
    """

    @property
    def path(self) -> Path:
        """The folder, archive or table, for messages."""

    @property
    def sorts(self) -> bool:
        """Whether the images are sorted by name; else they keep their order."""

    def members(self, skipped: Counter[str]) -> Iterator[Member]:
        """All images, in the same order on every call; counts skipped files by kind."""

    def keys(self, names: Sequence[PurePosixPath]) -> list[tuple[str, str]]:
        """Split and class of each image; the split may be :data:`UNSPLIT`.

        Args:
            names: Names of the images, in the order of :meth:`members`.

        Raises:
            DataError: Splits or classes are unclear.
        """

    def stamps(self) -> Iterator[str]:
        """Texts that change when the images change, the path first."""

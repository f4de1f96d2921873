"""What was found where a data set was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class FolderContents:
    """The images of a folder or an archive.

    Attributes:
        sizes: Number of images by width and height of the files (``"500x375"``), the most
            frequent size first.
        split_off: Splits that were not given, and were drawn by seed.
    """

    sizes: Mapping[str, int]
    split_off: tuple[str, ...] = ()

    @property
    def draws_ranking(self) -> bool:
        """Whether the ranking split was drawn by seed."""
        return "val" in self.split_off

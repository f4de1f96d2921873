"""The contract of a format of users' own data."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nas.data.dataset import Dataset


class Reading(Protocol):
    """Reads a data set from a path."""

    def __call__(
        self,
        path: Path,
        /,
        *,
        name: str,
        seed: int,
        resolution: int | None,
        val_fraction: float | None,
    ) -> Dataset:
        """The data set.

        Args:
            path: A path that the format fits.
            name: Name of the data set.
            seed: Seed of the splits that are not given.
            resolution: Side of the images; None leaves it to the format.
            val_fraction: Share of the training samples that becomes the ranking split.

        Raises:
            DataError: The data are damaged, or not what the format describes.
        """


@dataclass(frozen=True)
class Format:
    """A format of data: which paths have it, and how they are read.

    Attributes:
        description: What is at such a path, in words.
        fits: Whether a path has the format, judged by its name and by the names in it.
        home: The function that reads it, as ``"module:function"``; imported when it is used.
        noun: What it holds; added to a name that a registered data set has.
    """

    description: str
    fits: Callable[[Path], bool]
    home: str
    noun: str = "images"

    @property
    def read(self) -> Reading:
        """Reads a data set from a path of this format."""
        module, _, function = self.home.partition(":")
        read: Reading = getattr(import_module(module), function)
        return read

"""What was found where a data set was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Found:
    """What was found in a user's own data.

    Attributes:
        sizes: Number of images by width and height as they are stored (``"500x375"``), the most
            frequent size first; empty for a graph.
        split_off: Splits that were not given, and were drawn by seed.
        equal: Names of images with equal pixels, one group after another.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    split_off: tuple[str, ...] = ()
    equal: tuple[tuple[str, ...], ...] = ()

    @property
    def draws_ranking(self) -> bool:
        """Whether the ranking split was drawn by seed."""
        return "val" in self.split_off

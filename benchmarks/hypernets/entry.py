"""The hypernetworks that are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypernets.config import HYPERNETS

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGER = {"s", "l", "xl"}
"""Sizes of a hypernetwork beyond its smallest, as they end its name."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A hypernetwork and how it is trained.

    Attributes:
        hypernet: Entry of the family's table.
        settings: Sizes that differ from that entry's.
        training: What differs from the default training.
    """

    hypernet: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def composition(self) -> dict[str, Any]:
        """All that differs from the default configuration."""
        return {**HYPERNETS.get(self.hypernet).settings, **self.settings}


def _entries() -> dict[str, Entry]:
    """The smallest of each hypernetwork, without and with learned parameters, and the others."""
    family = [name for name in HYPERNETS if name.rpartition("-")[2] not in _LARGER]
    return {
        **{name: Entry(hypernet=name) for name in family},
        **{f"{name}+mip": Entry(hypernet=name, settings={"mip": True}) for name in family},
        **_OTHERS,
    }


_OTHERS = {
    "ghn2-published": Entry(
        hypernet="ghn2",
        training={
            "meta_batch": 8,
            "batch_size": 64,
            "lr": 1e-3,
            "weight_decay": 1e-5,
            "warmup": 0.0,
        },
    ),
    "ours": Entry(hypernet="logah", settings={"mip": True}),
}
"""GHN-2 with the batches and rates of its paper, and the composition that is recommended here."""

ENTRIES = _entries()

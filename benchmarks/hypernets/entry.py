"""The hypernetworks that are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypernets.families import HYPERNETS

if TYPE_CHECKING:
    from collections.abc import Mapping


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


SETTINGS = {"max_channels": 32}
"""Width beyond which weights repeat, for all: minutes do not reach every place of a wider tile."""

TRAINING = {"lr": 1e-3}
"""The recipe that all share, one architecture on 128 images in a step, where it differs from the
default."""

RATES = {"ghn3": 5e-4}
"""Peak rates of those that the common one keeps from learning."""

PUBLISHED = {
    "meta_batch": 8,
    "batch_size": 64,
    "lr": 1e-3,
    "weight_decay": 1e-5,
    "warmup": 0.0,
}
"""Batches and rates of Knyazev et al. 2021."""


def _entries() -> dict[str, Entry]:
    """Each hypernetwork without and with learned parameters, and GHN-2 as it was.

    The name of a hypernetwork stands for it with the common recipe; ``ghn2`` is the recommended
    one.
    """
    family = HYPERNETS.names()
    training = {
        name: {**TRAINING, **({"lr": RATES[name]} if name in RATES else {})} for name in family
    }
    mip = {**SETTINGS, "mip": True}
    return {
        **{
            name: Entry(hypernet=name, settings=SETTINGS, training=training[name])
            for name in family
        },
        **{
            f"{name}+mip": Entry(hypernet=name, settings=mip, training=training[name])
            for name in family
        },
        "ghn2-published": Entry(hypernet="ghn2", settings=SETTINGS, training=PUBLISHED),
    }


ENTRIES = _entries()

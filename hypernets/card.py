"""Description of a trained hypernetwork with its origin, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.predictor.card import Card

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class HypernetCard(Card):
    """The JSON file beside a checkpoint: what scoring needs, and the provenance.

    Attributes:
        hypernet: Entry of the family's table (``"ghn2"``).
        config: Sizes of the hypernetwork.
        vocabulary: Version of the operations and features that it knows.
        dataset: Data set it was trained on.
        fingerprint: Digest of that data.
        training: Settings of its training: command, seed, steps, seconds.
        measured: Measurements after training, by name.
        digest: Digest of the weights beside it; empty in cards of earlier versions.
    """

    hypernet: str
    config: Mapping[str, Any]
    vocabulary: int
    dataset: str
    fingerprint: str
    training: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    digest: str = ""

"""Description of a trained hypernetwork, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Card:
    """The JSON file beside a checkpoint.

    Attributes:
        name: Name of the hypernetwork.
        hypernet: Entry of the family's table (``"ghn2"``).
        config: Sizes of the hypernetwork.
        vocabulary: Version of the operations and features that it knows.
        space: Search space it was trained in.
        proxy: Macro sizes of the space at which it was trained and scores candidates, and
            ``resolution``, the side of the images in pixels, 0 for graphs.
        dataset: Data set it was trained on.
        fingerprint: Digest of that data.
        channels: Image channels; 0 for graphs.
        classes: Number of classes.
        features: Features of a node; 0 for images.
        general: Whether it also predicts for networks of other spaces.
        training: Settings of its training: command, seed, steps, seconds.
        measured: Measurements after training, by name.
        reference: Median and spread of figures of random architectures of the space at the proxy,
            by name; scores are relative to it. Empty if it was not measured: the score is then
            the negative loss.
        digest: Digest of the weights beside it; empty in cards of earlier versions.
    """

    name: str
    hypernet: str
    config: Mapping[str, Any]
    vocabulary: int
    space: str
    proxy: Mapping[str, Any]
    dataset: str
    fingerprint: str
    channels: int
    classes: int
    features: int = 0
    general: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Sequence[float]] = field(default_factory=dict)
    digest: str = ""

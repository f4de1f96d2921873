"""Description of a hypernetwork: the facts on which scoring depends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Card:
    """Space, proxy and task of a hypernetwork, and the reference of scores.

    Attributes:
        name: Name of the hypernetwork.
        space: Search space of its training; empty if nothing was trained, see
            :class:`nas.evaluate.untrained.UntrainedWeights`.
        proxy: Macro sizes of the space at which it was trained and scores candidates, and
            ``resolution``, the side of the images in pixels, 0 for graphs.
        channels: Image channels; 0 for graphs.
        classes: Number of classes.
        features: Features of a node; 0 for images.
        general: Whether it also predicts for networks of other spaces.
        reference: Median and spread of each figure over random architectures of the space at the
            proxy; scores are relative to it. Without a reference the score is the negative loss.

    Example:
        >>> Card(name="mine", space="nb201", channels=3, classes=10).general
        False
    """

    name: str
    space: str
    proxy: Mapping[str, Any] = field(default_factory=dict)
    channels: int
    classes: int
    features: int = 0
    general: bool = False
    reference: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def check_trained(self) -> None:
        """Raise unless this hypernetwork was trained.

        Raises:
            ConfigError: Weights are not predicted, but initialised by torch.
        """
        if not self.space:
            raise ConfigError(
                "there is no hypernetwork to predict weights",
                hint="Name one, train one with `nas train-hypernet`, or start from default "
                "weights.",
            )

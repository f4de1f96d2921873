"""What a network is built for: the kind of task, its input and its classes."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE_CLASSIFICATION = "image-classification"
NODE_CLASSIFICATION = "node-classification"


@dataclass(frozen=True, kw_only=True)
class Task:
    """The kind of task, the shape of one input, and the number of classes.

    Attributes:
        kind: ``"image-classification"`` or ``"node-classification"``.
        classes: Number of target classes.
        channels: Image channels (images only).
        resolution: Side of the square image in pixels (images only).
        features: Features per node (graphs only).

    Example:
        >>> Task(kind="image-classification", classes=10, channels=3, resolution=32).classes
        10
    """

    kind: str = IMAGE_CLASSIFICATION
    classes: int
    channels: int = 0
    resolution: int = 0
    features: int = 0

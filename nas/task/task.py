"""The task of a network: its kind, its input and its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.config import check_kinds
from nas.errors import ConfigError, described
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS

if TYPE_CHECKING:
    from nas.task.kind import TaskKind


@dataclass(frozen=True, kw_only=True)
class Task:
    """The kind of task, the shape of one input, and the number of outputs.

    Attributes:
        kind: Name of a kind in :data:`nas.task.KINDS`, such as ``"image-classification"``.
        classes: Number of outputs: target classes, or targets of a regression.
        channels: Image channels (images only).
        resolution: Side of the square image in pixels (images only).
        features: Features per node (graphs only).

    Raises:
        UnknownNameError: There is no such kind.
        ConfigError: A size is no whole number, or too small.

    Example:
        >>> task = Task(kind="image-classification", classes=10, channels=3, resolution=32)
        >>> task.traits.sample, task.width
        ('image', 3)
    """

    kind: str = IMAGE_CLASSIFICATION
    classes: int
    channels: int = 0
    resolution: int = 0
    features: int = 0

    def __post_init__(self) -> None:
        KINDS.get(self.kind)
        check_kinds(self)
        for name, least in (("classes", 1), ("channels", 0), ("resolution", 0), ("features", 0)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"{name} of a task must be at least {least}, got {value}")

    @property
    def traits(self) -> TaskKind:
        """The record of the kind."""
        return KINDS.get(self.kind)

    @property
    def width(self) -> int:
        """Channels of an image, or features of a node."""
        return int(getattr(self, self.traits.width))


def check_task(task: object) -> None:
    """See that something is a task.

    Raises:
        ConfigError: It is something else.
    """
    if not isinstance(task, Task):
        raise ConfigError(
            f"expected a nas.Task, got {described(task)}",
            hint="That of a data set is data.task.",
        )

"""The trainings that are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nas.training.config import default_training
from nas.training.recipes import AUTO, recipe_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.data.dataset import Dataset
    from nas.task.kind import TaskKind
    from nas.training.config import TrainConfig

PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training.

    Attributes:
        images: Differences from the plain training on images; None if it is not for them.
        nodes: The same on a graph.
        recipe: Name of a recipe that is taken in place of the plain training.
        longer: Factor of the epochs.
        taught: Whether the same network, trained plainly from another seed, teaches this one.
    """

    images: Mapping[str, Any] | None = None
    nodes: Mapping[str, Any] | None = None
    recipe: str | None = None
    longer: int = 1
    taught: bool = False

    def suits(self, kind: TaskKind) -> bool:
        """Whether it is for a kind of task."""
        return self.recipe is not None or self._changes(kind) is not None

    def config(self, data: Dataset, epochs: int) -> TrainConfig:
        """The configuration for a data set where the plain training has a number of epochs."""
        if self.recipe is not None:
            config = recipe_for(self.recipe, data).training(data)
        else:
            changes = self._changes(data.task.traits) or {}
            config = replace(default_training(data.task), **changes)
        return replace(config, epochs=self.longer * epochs)

    def _changes(self, kind: TaskKind) -> Mapping[str, Any] | None:
        return self.nodes if kind.on_graph else self.images


ARMS: Mapping[str, Arm] = {
    PLAIN: Arm(images={}, nodes={}),
    "recipe auto": Arm(recipe=AUTO),
    "batches of 32": Arm(images={"batch_size": 32}),
    "batches of 16": Arm(images={"batch_size": 16, "lr": 0.05}),
    "three times the epochs": Arm(images={}, longer=3),
    "batches of 32, three times the epochs": Arm(images={"batch_size": 32}, longer=3),
    "batches of 32, cutmix, three times the epochs": Arm(
        images={"batch_size": 32, "cutmix": 0.5}, longer=3
    ),
    "weight decay 5e-4, not on norms": Arm(images={"weight_decay": 5e-4, "decay_norms": False}),
    "weight decay 2e-3, not on norms": Arm(images={"weight_decay": 2e-3, "decay_norms": False}),
    "adamw": Arm(
        images={"optimiser": "adamw", "lr": 3e-3, "weight_decay": 0.05, "decay_norms": False},
        nodes={"optimiser": "adamw", "weight_decay": 0.05, "decay_norms": False},
    ),
    "moving average": Arm(images={"ema": 0.99}, nodes={"ema": 0.98}),
    "mixup": Arm(images={"mixup": 0.5}),
    "cutmix": Arm(images={"cutmix": 0.5}),
    "randaugment": Arm(images={"randaugment": 9}),
    "drop path 0.1": Arm(images={"drop_path": 0.1}),
    "taught by its like": Arm(images={}, nodes={}, taught=True),
    "balanced": Arm(images={"balanced": True}),
    "cosine": Arm(nodes={"schedule": "cosine", "warmup": 0.1}),
    "label smoothing": Arm(nodes={"label_smoothing": 0.1}),
    "cosine, label smoothing": Arm(
        nodes={"schedule": "cosine", "warmup": 0.1, "label_smoothing": 0.1}
    ),
    "patience": Arm(nodes={"patience": 100}),
}

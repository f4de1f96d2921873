"""The data that a network is for, as its files describe them."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

from nas.data.dataset import Dataset, Targets
from nas.data.split import Split
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping


_TARGETS = ("target_names", "target_mean", "target_std")
"""Entries with the names, means and standard deviations of targets."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """How the inputs of a network are prepared, and what its outputs mean.

    Attributes:
        dataset: Name of the data set.
        task: Inputs and outputs of the network.
        mean: Mean of each channel of the training images, in bytes 0..255: a network takes
            ``(bytes - mean) / std``. None if samples are no images; features of nodes are taken
            as they are.
        std: Standard deviation of each channel of the training images, in bytes.
        class_names: Names in the order of the outputs; None if the classes have no names.
        targets: The targets of a regression; None for classification.
    """

    dataset: str
    task: Task
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    class_names: tuple[str, ...] | None = None
    targets: Targets | None = None

    @classmethod
    def of(cls, data: Dataset, resolution: int | None = None) -> Description:
        """The description of a data set.

        Args:
            data: The data set.
            resolution: Side of the images the network takes, if it is not that of the data.
        """
        task, mean, std = data.task, None, None
        if isinstance(data.train, Split):
            task = replace(task, resolution=resolution or task.resolution)
            mean, std = tuple(data.train.mean.tolist()), tuple(data.train.std.tolist())
        return cls(
            dataset=data.name,
            task=task,
            mean=mean,
            std=std,
            class_names=data.class_names and tuple(map(str, data.class_names)),
            targets=data.targets,
        )

    def metadata(self) -> dict[str, str]:
        """Texts for the head of a file, each value as JSON.

        Example:
            >>> from nas.data import load
            >>> list(Description.of(load("digits")).metadata())
            ['dataset', 'task', 'resolution', 'mean', 'std', 'class_names']
        """
        facts: dict[str, Any] = {"dataset": self.dataset, "task": asdict(self.task)}
        if self.mean is not None:
            facts |= {"resolution": self.task.resolution, "mean": self.mean, "std": self.std}
        if self.class_names:
            facts["class_names"] = self.class_names
        if self.targets is not None:
            facts |= zip(_TARGETS, astuple(self.targets), strict=True)
        return {name: json.dumps(value) for name, value in facts.items()}

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Description | None:
        """The description in the head of a file; None if it has none.

        Raises:
            ValueError: An entry is damaged.
            KeyError: One is missing.
            TypeError: One is of another type.
            ConfigError: The task is none.
        """
        if "task" not in metadata:
            return None
        facts = {
            name: json.loads(metadata[name])
            for name in ("dataset", "task", "mean", "std", "class_names", *_TARGETS)
            if name in metadata
        }
        targets = [_tuple(facts.pop(name)) for name in _TARGETS if name in facts]
        rows = {name: _tuple(facts.pop(name)) for name in ("mean", "std") if name in facts}
        names = facts.get("class_names")
        return cls(
            dataset=str(facts["dataset"]),
            task=Task(**facts["task"]),
            mean=rows.get("mean"),
            std=rows.get("std"),
            class_names=names and tuple(map(str, names)),
            targets=Targets(*targets) if targets else None,
        )


def _tuple(entries: Any) -> tuple[Any, ...]:
    return tuple(entries)

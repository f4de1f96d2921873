"""The data and the networks of the trainings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

import nas
from benchmarks.end_to_end.tasks import TASKS as USERS
from benchmarks.end_to_end.tasks import UserTask
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph


@dataclass(frozen=True, kw_only=True)
class Task:
    """One comparison of trainings.

    Attributes:
        of: The data, and the space with the network.
        epochs: Length of all trainings.
        resolution: Side of the images; None for their own.
        tail: Ratio of the largest class to the smallest among the training images.
    """

    of: UserTask
    epochs: int
    resolution: int | None = None
    tail: float = 1.0

    def data(self, data_dir: Path | None) -> Dataset:
        """The data set."""
        data = self.of.data(data_dir)
        data = data if self.resolution is None else data.at(self.resolution)
        return data if self.tail == 1 else long_tailed(data, self.tail)

    def network(self, data: Dataset) -> Graph:
        """The known design of the space: ResNet-8, or a GCN."""
        return self.of.design(self.of.search_space(data)).network


def long_tailed(data: Dataset, ratio: float) -> Dataset:
    """The data with fewer training and ranking images of later classes, in equal ratios.

    The test split keeps equal classes, as usual (Cui et al. 2019, §5.1).
    """
    kept = []
    for split in (data.train, data.val):
        labels, classes = split.labels, data.task.classes
        rows = []
        for label in range(classes):
            members = (labels == label).nonzero().flatten()
            count = round(len(members) * ratio ** (-label / (classes - 1)))
            draw = generator(0, "long tail", label)
            rows.append(members[torch.randperm(len(members), generator=draw)[: max(1, count)]])
        kept.append(split.subset(torch.cat(rows).sort().values))
    whole = [*kept, data.test]
    bounds = torch.tensor([len(split) for split in whole]).cumsum(0).tolist()
    order = torch.arange(bounds[-1])
    return nas.make_dataset(
        f"{data.name}-long-tailed",
        torch.cat([split.tensors[1] for split in whole]),
        torch.cat([split.labels for split in whole]),
        classes=data.task.classes,
        parts=(order[: bounds[0]], order[bounds[0] : bounds[1]], order[bounds[1] :]),
        flip=data.flip,
        class_names=data.class_names,
    )


TASKS: Mapping[str, Task] = {
    "digits-knn": Task(of=USERS["digits-knn"], epochs=300),
    "cora": Task(of=UserTask(dataset="cora", space="gnn", rival="GCN"), epochs=300),
    "300 photographs, 16 pixels": Task(of=USERS["300 photographs"], epochs=30, resolution=16),
    "5,000 photographs, 16 pixels": Task(of=USERS["5,000 photographs"], epochs=10, resolution=16),
    "long-tailed photographs, 16 pixels": Task(
        of=USERS["5,000 photographs"], epochs=10, resolution=16, tail=20
    ),
    "cluttered-digits": Task(of=USERS["cluttered-digits"], epochs=10),
}
"""The photographs are of CIFAR-10."""

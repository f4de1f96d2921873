"""The tasks of the comparison, and the rival chosen beforehand for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

import nas
import search_spaces
from cli.commands.search import DEMONSTRATION
from nas.seeding import generator
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_TEST = 2000
"""Test images of the tasks with photographs."""


@dataclass(frozen=True, kw_only=True)
class UserTask:
    """The data, the space and the settings that a user starts with.

    Attributes:
        dataset: A registered data set.
        images: Number of its images that the user has, a fifth of them for ranking; None for all.
        space: The space that is searched.
        rival: The known design of that space that is trained in place of a search.
        options: Settings of the search that are not the defaults.
    """

    dataset: str
    images: int | None = None
    space: str
    rival: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def data(self, data_dir: Path | None) -> Dataset:
        """The data set."""
        whole = nas.load_dataset(self.dataset, data_dir=data_dir)
        if self.images is None:
            return whole
        train, test = whole.train.spread(len(whole.train)), whole.test.spread(_TEST)
        order = torch.randperm(len(train), generator=generator(0, "photographs"))[: self.images]
        mine = train.subset(order)
        cut = self.images * 4 // 5
        rows = torch.arange(self.images + len(test))
        return nas.make_dataset(
            f"photographs-{self.images}",
            torch.cat([mine.tensors[1], test.tensors[1]]),
            torch.cat([mine.labels, test.labels]),
            classes=whole.task.classes,
            parts=(rows[:cut], rows[cut : self.images], rows[self.images :]),
            flip=whole.flip,
            class_names=whole.class_names,
        )

    def search_space(self, data: Dataset) -> SearchSpace:
        """The space at its usual sizes for the data."""
        return search_spaces.get(self.space, data.task)

    def design(self, space: SearchSpace) -> Candidate:
        """The rival in the space."""
        return candidate(space, space.known()[self.rival])


TASKS: Mapping[str, UserTask] = {
    "cluttered-digits": UserTask(
        dataset="cluttered-digits",
        space="resnet",
        rival="ResNet-8",
        options=DEMONSTRATION,
    ),
    "300 photographs": UserTask(dataset="cifar10", images=300, space="resnet", rival="ResNet-8"),
    "5,000 photographs": UserTask(
        dataset="cifar10", images=5000, space="resnet", rival="ResNet-8"
    ),
    "digits-knn": UserTask(dataset="digits-knn", space="gnn", rival="GCN"),
}
"""The options of the first are those of ``nas search`` without arguments."""

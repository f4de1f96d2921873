"""The record of a recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nas.registry import Registry
from nas.training.config import default_training

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training that suits a kind and a size of data.

    Attributes:
        settings: Differences from the usual training of the task, as fields of
            :class:`nas.training.TrainConfig`.
        kinds: Names of the kinds of task for which ``auto`` chooses it.
        least: Number of training samples from which ``auto`` chooses it.
    """

    settings: Mapping[str, Any]
    kinds: tuple[str, ...] = ()
    least: int = 0

    def training(self, data: Dataset) -> TrainConfig:
        """The configuration for a data set."""
        return replace(default_training(data.task), **self.settings)


RECIPES: Registry[Recipe] = Registry("recipe", Recipe)

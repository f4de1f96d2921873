"""A space with every kind of choice, one of them depending on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

TASK = Task(classes=10, channels=1, resolution=8)


@dataclass(frozen=True, kw_only=True)
class Mixed(SearchSpace):
    """A perceptron of any depth and any functions, with dropout."""

    name: ClassVar[str] = "mixed"
    description: ClassVar[str] = "perceptrons"
    source: ClassVar[str] = "tests"

    width: int = 4

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x = b.flatten(b.input((1, self.task.channels, self.task.resolution, self.task.resolution)))
        for index in range(trial.suggest_int("depth", 0, 3)):
            factor = trial.suggest_int(f"factor{index}", 1, 8, log=True)
            x = b.linear(x, self.width * factor)
            x = b.activation(x, trial.suggest_categorical(f"function{index}", ["relu", "tanh"]))
        x = b.dropout(x, trial.suggest_float("rate", 0.0, 0.3, step=0.1))
        return b.build(b.linear(x, self.task.classes))


@dataclass(frozen=True, kw_only=True)
class Single(SearchSpace):
    """One architecture."""

    name: ClassVar[str] = "single"
    description: ClassVar[str] = "one architecture"
    source: ClassVar[str] = "tests"

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x = b.input((1, 1, 8, 8))
        return b.build(b.classifier(x, trial.suggest_int("classes", 10, 10)))


@dataclass(frozen=True, kw_only=True)
class Weighted(SearchSpace):
    """A choice listed twice to be drawn more often, and one of equal choices only."""

    name: ClassVar[str] = "weighted"
    description: ClassVar[str] = "repeated choices"
    source: ClassVar[str] = "tests"

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x = b.input((1, 1, 8, 8))
        x = b.relu(b.conv2d(x, trial.suggest_categorical("width", (4, 4, 8))))
        return b.build(b.classifier(x, trial.suggest_categorical("classes", (10, 10))))


MIXED = Mixed(task=TASK)
PARAMS = {"depth": 1, "factor0": 2, "function0": "relu", "rate": 0.1}

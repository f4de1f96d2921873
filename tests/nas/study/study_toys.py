"""A small search space, a fake predictor and a fake score, for tests of the study."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from nas.data.digits import load
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops.conv import Conv2d
from nas.predictor.card import Card
from nas.space.search_space import SearchSpace
from nas.study.search import search
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.space.candidate import Candidate
    from nas.space.trial import Trial
    from nas.study.result import SearchResult

DIGITS = Task(classes=10, channels=1, resolution=8)


@dataclass(frozen=True, kw_only=True)
class ToySpace(SearchSpace):
    """One to three convolutions. ``label`` changes nothing, so there are isomorphic networks."""

    name: ClassVar[str] = "toy"
    description: ClassVar[str] = "one to three convolutions"
    source: ClassVar[str] = "tests"

    widths: tuple[int, ...] = (2, 3, 4, 5)
    labels: tuple[str, ...] = ("a",)
    broken: tuple[int, ...] = ()
    known_size: int | None = None

    def build(self, trial: Trial) -> Graph:
        trial.suggest_categorical("label", self.labels)
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        for index in range(trial.suggest_int("depth", 1, 3)):
            width = trial.suggest_categorical(f"width{index}", self.widths)
            if width in self.broken:
                raise RuntimeError(f"width {width} does not work")
            kernel = trial.suggest_categorical(f"kernel{index}", [1, 3, 5])
            x = b.relu(b.conv2d(x, width, kernel))
        return b.build(b.classifier(x, self.task.classes))

    def size(self) -> int | None:
        return self.known_size


@dataclass(frozen=True, kw_only=True)
class DeadEndSpace(ToySpace):
    """The same with a convolution that nothing reads, of ``spare`` channels unless zero."""

    spares: tuple[int, ...] = (0, 4, 9)

    def build(self, trial: Trial) -> Graph:
        graph = super().build(trial)
        spare = trial.suggest_categorical("spare", self.spares)
        if not spare:
            return graph
        first = graph.nodes[0]
        assert isinstance(first.op, Conv2d)
        dead_end = Node("spare", replace(first.op, out_channels=spare), (first.name,))
        return Graph(graph.inputs, (*graph.nodes, dead_end), graph.outputs)


def toy_space(**macro: object) -> ToySpace:
    return ToySpace(**{"task": DIGITS, **macro})  # type: ignore[arg-type]


def quality(candidate: Candidate) -> float:
    """Wider first layers and larger kernels are better."""
    params = candidate.params
    depth = params["depth"]
    return float(sum(params[f"width{i}"] + params[f"kernel{i}"] for i in range(depth))) / 30


def toy_estimate(accuracy: float, loss: float) -> Estimate:
    """An estimate whose score is the negative loss."""
    return Estimate(
        accuracy=accuracy, loss=loss, brier=loss / 2, readout=loss / 3, naswot=250.0, score=-loss
    )


def toy_score(candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
    return [toy_estimate(quality(c), 2 - quality(c)) for c in candidates]


class ToyPredictor:
    """Predicts weights that depend on nothing but the shape."""

    def __init__(self, space: SearchSpace, *, name: str = "toy", delay: float = 0.0) -> None:
        self._delay = delay
        self.card = Card(name=name, space=space.name, channels=1, classes=10)

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        time.sleep(self._delay)
        generator = torch.Generator().manual_seed(0)
        return [
            {
                name: 0.3 * torch.randn(spec.shape, generator=generator)
                for name, spec in graph.parameters().items()
            }
            for graph in graphs
        ]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        return torch.zeros(len(graphs), 1)


def toy_search(out: Path | None = None, **changes: Any) -> SearchResult:
    """A short search on digits, about a second; its settings can be changed."""
    settings: dict[str, Any] = {
        "space": toy_space(),
        "data": load(),
        "n_trials": 12,
        "generation": 4,
        "finalists": 2,
        "finalist_epochs": 1,
        "max_epochs": 2,
        "scoring": ScoreConfig(images=64, calibration=32),
        "sampler": "random",
        "device": "cpu",
        "out": out,
        **changes,
    }
    return search(**{"predictor": ToyPredictor(settings["space"]), **settings})


def found(result: SearchResult) -> dict[str, Any]:
    """All of a result that does not tell when and where it was found."""
    document = result.to_dict()
    return {key: document[key] for key in document if key not in ("run", "files", "seconds")}


def record(result: SearchResult) -> list[tuple[Any, ...]]:
    """All trials of a result, without their times."""
    return [(t.number, t.state, t.params, t.values, t.user_attrs) for t in result.study.trials]

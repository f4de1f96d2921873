"""All scores of one sample of architectures, in four parts that can be run one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.ranking.one_shot import train_one_shot
from benchmarks.ranking.row import Row
from benchmarks.ranking.short_training import ShortTraining, steps_within
from benchmarks.ranking.synflow import synflow
from benchmarks.ranking.untrained import untrained
from nas.analysis.cost import cost
from nas.evaluate.naswot import naswot
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.events import Listener, Noted, ignore, stage
from nas.training.device import channels_last

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.ranking.sample import Sample
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.predictor.card import Card
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_GENERATION = 32
_PATTERNS = 64
_TIMED = 8
_ESTIMATES: dict[str, Callable[[Estimate], float]] = {
    "accuracy": lambda estimate: estimate.accuracy,
    "loss": lambda estimate: -estimate.loss,
    "Brier score": lambda estimate: -estimate.brier,
    "NASWOT": lambda estimate: estimate.naswot,
    "engine's score": lambda estimate: estimate.score,
}
_LEARNT = ("accuracy", "loss", "Brier score")


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A sample of architectures and what is needed to score it.

    Attributes:
        sample: Of a space at full size.
        data: At full resolution.
        predictor: The hypernetwork; its card says at which proxy all others are run as well.
        seed: Of random weights and of trainings.
        config: On how much data networks are scored.
        short_cells: Architectures that are trained alone, the first of the sample.
        short_steps: Steps of each; as many as the hypernetwork's time buys if None.
        one_shot_steps: Steps of the supernet; as many as the hypernetwork had networks if None.
        training_seconds: Of the hypernetwork; what its card says if None.
        listen: Hears of progress.
    """

    sample: Sample
    data: Dataset
    predictor: GraphHyperNetwork
    seed: int
    config: ScoreConfig
    short_cells: int = 100
    short_steps: int | None = None
    one_shot_steps: int | None = None
    training_seconds: float | None = None
    listen: Listener = ignore

    def figures(self) -> list[Row]:
        """Scores with predicted weights, and what is counted on the networks."""
        steps = self._training.get("steps", 0)
        rows = [
            replace(row, steps=steps, training_seconds=self._seconds)
            for row in self._scored(self.sample, self.predictor, "predicted", tuple(_ESTIMATES))
        ]
        start = perf_counter()
        costs = [cost(candidate.network) for candidate in self.sample.distinct]
        seconds = (perf_counter() - start) / len(costs)
        counted: dict[str, list[float]] = {
            "parameters": [one.params for one in costs],
            "MACs": [one.macs for one in costs],
            "layers": [one.layers for one in costs],
            "shortest path": [-one.shortest_path for one in costs],
            "mean path": [one.mean_path for one in costs],
        }
        return rows + [
            Row(score=name, values=self.sample.shared(values), cell_seconds=seconds)
            for name, values in counted.items()
        ]

    def baselines(self) -> list[Row]:
        """Two training-free measures: NASWOT at the proxy, SynFlow of the full network."""
        (images,) = channels_last(self._proxy_data.train.spread(_PATTERNS).whole().inputs)

        def patterns(candidate: Candidate) -> float:
            graph = self._at_proxy(candidate)
            return naswot(graph, untrained(graph, self.seed), images)

        def flow(candidate: Candidate) -> float:
            return synflow(candidate.network, untrained(candidate.network, self.seed))

        return [self._each("NASWOT", patterns), self._each("SynFlow", flow)]

    def one_shot(self) -> list[Row]:
        """A supernet at the proxy, trained on as many networks as the hypernetwork was."""
        training = self._training
        steps = self.one_shot_steps or training.get("steps", 1) * training.get("meta_batch", 1)
        start = perf_counter()
        shared = train_one_shot(
            self._proxy,
            self._proxy_data,
            self._card,
            steps=steps,
            batch_size=self._batch_size,
            seed=self.seed,
            listen=self.listen,
        )
        seconds = perf_counter() - start
        return [
            replace(row, steps=steps, training_seconds=seconds)
            for row in self._scored(self.sample, shared, "shared, one-shot", _LEARNT)
        ]

    def short(self) -> list[Row]:
        """Each of some networks trained at the proxy for its share of the hypernetwork's cost."""
        sample = self.sample.first(self.short_cells)
        steps = self.short_steps or self._affordable(sample)
        self.listen(Noted(text=f"short training: {steps} steps for each network"))
        trainer = ShortTraining(
            self._card,
            self._proxy_data,
            steps=steps,
            batch_size=self._batch_size,
            seed=self.seed,
        )
        rows = self._scored(sample, trainer, "short training", _LEARNT)
        return [replace(row, steps=steps) for row in rows]

    def _affordable(self, sample: Sample) -> int:
        """Steps that cost a network as much as its share of the hypernetwork and its scoring."""
        some = sample.distinct[:_TIMED]
        scorer = Scorer(self.predictor, self.data, self.config)
        scorer(some[:1])
        start = perf_counter()
        scorer(some)
        scoring = (perf_counter() - start) / len(some)
        return steps_within(
            self._seconds / len(self.sample) + scoring,
            [self._at_proxy(candidate) for candidate in some],
            self._card,
            self._proxy_data,
            batch_size=self._batch_size,
        )

    def _scored(
        self, sample: Sample, predictor: WeightPredictor, weights: str, names: Sequence[str]
    ) -> list[Row]:
        scorer = Scorer(predictor, self.data, self.config)
        answers = []
        with stage(self.listen, f"score, {weights}", len(sample.distinct)) as progress:
            for first in range(0, len(sample.distinct), _GENERATION):
                answers += scorer(sample.distinct[first : first + _GENERATION])
                progress.advance(len(answers))
        seconds = progress.seconds / len(answers)
        failed = sum(not isinstance(answer, Estimate) for answer in answers)
        if failed:
            self.listen(Noted(text=f"{failed} networks have no score, {weights}"))
        return [
            Row(
                score=name,
                weights=weights,
                values=sample.shared(
                    [
                        _ESTIMATES[name](answer) if isinstance(answer, Estimate) else None
                        for answer in answers
                    ]
                ),
                cell_seconds=seconds,
            )
            for name in names
        ]

    def _each(self, score: str, measure: Callable[[Candidate], float]) -> Row:
        """A measure of each network with random weights."""
        values = []
        with stage(self.listen, score, len(self.sample.distinct)) as progress:
            for candidate in self.sample.distinct:
                values.append(measure(candidate))
                progress.advance(len(values))
        return Row(
            score=score,
            weights="random",
            values=self.sample.shared(values),
            cell_seconds=progress.seconds / len(values),
        )

    def _at_proxy(self, candidate: Candidate) -> Graph:
        return self._proxy.graph(candidate.params).simplified

    @property
    def _card(self) -> Card:
        """Of the hypernetwork, less the reference of its own scores."""
        return replace(self.predictor.card, reference={})

    @property
    def _training(self) -> dict[str, Any]:
        return dict(self.predictor.card.training)

    @property
    def _seconds(self) -> float:
        if self.training_seconds is not None:
            return self.training_seconds
        return float(self._training.get("seconds", 0.0))

    @property
    def _batch_size(self) -> int:
        return int(self._training.get("batch_size", 128))

    @property
    def _proxy(self) -> SearchSpace:
        return self.sample.space.at(**self._card.proxy)

    @cached_property
    def _proxy_data(self) -> Dataset:
        return self.data.at(self._card.proxy.get("resolution", self.data.task.resolution))

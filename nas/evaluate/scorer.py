"""Candidates scored with predicted weights."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from nas.analysis.cost import cost
from nas.compile.apply import apply, calibrate
from nas.config import check_kinds
from nas.data.samples import evenly
from nas.errors import ConfigError, counted
from nas.evaluate.naswot import ActivationKernel
from nas.evaluate.readout import HeadFeatures, readout
from nas.evaluate.score_aggregate import ScoreAggregate, confirmed
from nas.events import Noted, ignore
from nas.graph.graph import Graph
from nas.raised import error_text
from nas.seeding import rng
from nas.space.constrained_sampling import sample_preferring
from nas.space.contained import contained
from nas.task.batch import Batch, labelled
from nas.training.chance import is_at_chance
from nas.training.device import autocast, channels_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.card import Card
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task

_PATTERNS = 64
"""Calibration samples whose activation patterns are compared."""

_REFERENCE = 32
"""Random architectures that form the reference of a space the predictor was not trained in."""


def always(network: Graph) -> bool:
    """Accept every network."""
    return True


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of a network at the proxy with predicted weights, on the ranking split.

    Attributes:
        accuracy: Share of samples classified correctly.
        loss: Mean cross-entropy in nats.
        brier: Mean squared distance between class probabilities and the truth, summed over the
            classes, from 0 to 2, lower better (Brier 1950). It is less sensitive than the loss to
            a single sample classified wrongly with confidence.
        readout: Error of a last layer fitted to the features in closed form, lower better; see
            :func:`nas.evaluate.readout.readout`. None in studies of earlier versions.
        naswot: Diversity of activation patterns over training samples, higher better; see
            :func:`nas.evaluate.naswot`.
        score: One number for ranking, higher better: from 0 to 1, the aggregate of Brier score,
            NASWOT, multiply-accumulates, mean and shortest path; for node classification the
            aggregate of accuracy, multiply-accumulates and mean path; see
            :class:`nas.evaluate.ScoreAggregate`.
            In a space other than that of the hypernetwork's training, random feasible
            architectures of the space are the reference, measured with the first candidates. For
            images the score is then the aggregate of multiply-accumulates, parameters, layers,
            NASWOT and read-out.
            The negative loss if the hypernetwork's card has no reference.
    """

    accuracy: float
    loss: float
    brier: float
    readout: float | None
    naswot: float
    score: float


@dataclass(frozen=True)
class Failure:
    """Why a candidate has no estimate."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Amount of data for scoring candidates.

    Attributes:
        images: Samples of the ranking split, spread evenly over it.
        calibration: Training samples for the statistics of batch norms, spread likewise. NASWOT
            uses 64 of them; with fewer, its values are not comparable.
        batch_size: Images in one forward pass; a graph is always taken as a whole.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
        workers: Threads that run networks side by side; more than one pays on a CPU only.
    """

    images: int = 384
    calibration: int = 128
    batch_size: int = 512
    precision: str = "auto"
    workers: int = 1

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("images", "calibration", "batch_size", "workers"):
            value = getattr(self, name)
            if value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")


class Scorer:
    """Scores generations of candidates at the proxy of a hypernetwork's training.

    Predicted weights come without batch statistics: they are measured on training samples, never
    on the ranking split, so a score does not depend on how they are batched.

    Args:
        predictor: A trained hypernetwork.
        data: Data set at full resolution; candidates are ranked on ``val``.
        config: Amount of data used.
        device: Device of the computation and of the predictor.
        is_feasible: Whether a network satisfies the constraints. In a space the predictor was not
            trained in, feasible networks alone form the reference: relative to all networks, those
            of a narrow window would get nearly equal scores.
        listen: Receives a note where predictions are at chance.

    Raises:
        ConfigError: The predictor is for other channels, features or classes than the data.
    """

    def __init__(
        self,
        predictor: WeightPredictor,
        data: Dataset,
        config: ScoreConfig | None = None,
        *,
        device: torch.device | str = "cpu",
        is_feasible: Callable[[Graph], bool] = always,
        listen: Listener = ignore,
    ) -> None:
        check_fits(predictor.card, data)
        card, task = predictor.card, data.task
        self._predictor = predictor
        self._kind = task.traits
        self._aggregate = (
            ScoreAggregate(card.reference, task.traits.score_weights) if card.reference else None
        )
        self._elsewhere: dict[SearchSpace, ScoreAggregate] = {}
        self._is_feasible = is_feasible
        self._listen = listen
        self._data = data
        self._config = config or ScoreConfig()
        self._device = torch.device(device)
        self._pool = ThreadPoolExecutor(self._config.workers)
        proxy = data.at(card.proxy.get("resolution", task.resolution))
        calibration = proxy.train.spread(self._config.calibration).to(self._device).whole()
        self._calibration = channels_last(calibration.inputs)
        known = labelled(calibration.labels).nonzero().flatten()
        self._patterns = known[evenly(len(known), _PATTERNS, known.device)]
        ranking = proxy.val.spread(self._config.images).to(self._device)
        self._batches = [
            Batch(channels_last(inputs), labels)
            for inputs, labels in ranking.batches(self._config.batch_size)
        ]
        labels = torch.cat([batch.labels for batch in self._batches])
        self._known = labelled(labels)
        self._labels = labels[self._known]

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space at the macro sizes of the predictor's training.

        A general predictor takes any other space at that space's small sizes and at the resolution
        of training.

        Raises:
            ConfigError: The predictor was trained in another space and is not general.
        """
        card = self._predictor.card
        if card.space == space.name:
            return space.at(**card.proxy)
        if not card.general:
            raise ConfigError(
                f"hypernetwork {card.name!r} was trained in space {card.space!r}, "
                f"not in {space.name!r}",
                hint="`nas hypernets` lists the shipped ones; `nas train-hypernet` makes one.",
            )
        resolution = min(card.proxy.get("resolution", math.inf), space.task.resolution)
        return space.at(**space.proxy_sizes(), resolution=resolution or None)  # nodes have none

    def __call__(self, candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
        """An estimate for each candidate, or the reason of its failure.

        One candidate's failure does not affect the others. Reasons for a failure: it cannot be
        built at the proxy; the predictor does not know one of its operations; its output is not
        finite; memory does not suffice; user code raises an error.

        Raises:
            ConfigError: The predictor was trained in another space.
        """
        return list(self.one_by_one(candidates))

    @torch.no_grad()
    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        """Estimates or failures in order, each as soon as it and its predecessors are known."""
        graphs = [self._build(candidate) for candidate in candidates]
        built = [graph for graph in graphs if isinstance(graph, Graph)]
        seconds = max((candidate.space.build_seconds for candidate in candidates), default=0.0)
        scored = self._estimates(built, seconds)
        for graph, candidate in zip(graphs, candidates, strict=True):
            if isinstance(graph, Failure):
                yield graph
            else:
                yield self._rescaled(next(scored), graph, candidate.space)

    def _build(self, candidate: Candidate) -> Graph | Failure:
        proxy = self.proxy(candidate.space)
        try:
            return proxy.graph(candidate.params).simplified
        except Exception as error:  # a custom space is user code
            return Failure(f"it cannot be built at the proxy: {error_text(error)}")

    def _predict(self, graphs: Sequence[Graph]) -> Sequence[Mapping[str, Tensor] | Failure]:
        """Weights of all graphs at once or, if that fails, of each alone."""
        if not graphs:
            return []
        try:
            return self._predictor.predict(graphs)
        except (MemoryError, RuntimeError) as error:
            failure = _failure(error)
        if len(graphs) == 1:
            return [failure]
        return [params for graph in graphs for params in self._predict([graph])]

    def _estimates(self, graphs: Sequence[Graph], seconds: float) -> Iterator[Estimate | Failure]:
        """Estimates in order, several networks in parallel.

        User code runs in this thread, where it can be interrupted.
        """
        known = list(zip(graphs, self._predict(graphs), strict=True))
        running = [
            None if _is_foreign(graph) else self._pool.submit(self._estimate, graph, params)
            for graph, params in known
        ]
        try:
            for (graph, params), future in zip(known, running, strict=True):
                if future is None:
                    yield self._contained(graph, params, seconds)
                else:
                    yield future.result()
        finally:
            for future in running:
                if future is not None:
                    future.cancel()

    def _contained(
        self, graph: Graph, params: Mapping[str, Tensor] | Failure, seconds: float
    ) -> Estimate | Failure:
        try:
            with contained("its forward()", seconds):
                return self._estimate(graph, params)
        except Exception as error:  # a part of it may be user code
            return Failure(f"it does not run: {error_text(error)}")

    def _rescaled(
        self, estimate: Estimate | Failure, graph: Graph, space: SearchSpace
    ) -> Estimate | Failure:
        """The score on the scale of the candidate's own space.

        On the scale of another space most figures lie so far from the median that all networks
        get nearly the same score.
        """
        if isinstance(estimate, Failure) or space.name == self._predictor.card.space:
            return estimate
        if space not in self._elsewhere:
            self._elsewhere[space] = self._fitted(space)
        return replace(estimate, score=self._elsewhere[space](_figures(estimate, graph)))

    def _fitted(self, space: SearchSpace) -> ScoreAggregate:
        """The aggregate with random architectures of a space as its reference."""
        drawn = sample_preferring(space, _REFERENCE, rng(0, "reference"), self._is_feasible)
        built = map(self._build, drawn)
        graphs = [graph for graph in built if isinstance(graph, Graph)]
        estimates = self._estimates(graphs, space.build_seconds)
        rows = [
            _figures(estimate, graph)
            for estimate, graph in zip(estimates, graphs, strict=True)
            if isinstance(estimate, Estimate)
        ]
        return ScoreAggregate.fit(rows, self._weights(space, rows))

    def _weights(
        self, space: SearchSpace, rows: Sequence[Mapping[str, float]]
    ) -> Mapping[str, float]:
        """Score weights in a space that the predictor was not trained in.

        Accuracies at chance say nothing about networks, so figures without them rank.
        """
        mean = fmean(row["accuracy"] for row in rows) if rows else math.inf
        if not is_at_chance(mean, self._data, len(self._labels)):
            return confirmed(self._kind.general_score_weights, rows)
        weights, card = self._kind.untrained_score_weights, self._predictor.card
        if card.space:  # accuracies of a trained hypernetwork should exceed chance
            text = (
                f"Weights that hypernetwork {card.name!r} predicts for space {space.name!r} are "
                f"at chance ({self._kind.metric_format.format(mean)} in the mean): candidates are "
                f"ranked by {' and '.join(weights)} instead. --weights train trains one for this "
                "space."
            )
            self._listen(Noted(text=text))
        return weights

    def _estimate(
        self, graph: Graph, params: Mapping[str, Tensor] | Failure
    ) -> Estimate | Failure:
        if isinstance(params, Failure):
            return params
        try:
            return self._measure(graph, params)
        except (MemoryError, RuntimeError) as error:
            return _failure(error)

    @torch.no_grad()
    def _measure(self, graph: Graph, params: Mapping[str, Tensor]) -> Estimate | Failure:
        patterns, head = ActivationKernel(self._patterns), HeadFeatures(graph)
        with autocast(self._device, self._config.precision):
            statistics = calibrate(graph, params, *self._calibration, observe=patterns)
            ready = {**params, **statistics}
            every = [apply(graph, ready, *batch.inputs, observe=head) for batch in self._batches]
        outputs = torch.cat(every).float()[self._known]
        figures = self._kind.figures(outputs, self._labels)
        if not math.isfinite(figures["loss"]):
            return Failure("its output is not finite")
        features = outputs if head.features is None else head.features.float()[self._known]
        targets = self._kind.targets(self._labels, outputs.shape[1])
        figures["readout"] = readout(features, targets)
        figures["naswot"] = patterns.logdet()
        known = {**figures, **asdict(cost(graph))}
        score = -figures["loss"] if self._aggregate is None else self._aggregate(known)
        return Estimate(**figures, score=score)


def _is_foreign(graph: Graph) -> bool:
    """Whether a part of a network is a module or an operation of the user."""
    own = (type(node.op) for node in graph.nodes)
    return any(kind.holds_module or not kind.__module__.startswith("nas.") for kind in own)


def _figures(estimate: Estimate, graph: Graph) -> dict[str, float]:
    return {**asdict(estimate), **asdict(cost(graph))}


def _failure(error: Exception) -> Failure:
    """The reason of one candidate's failure; an error with another cause is raised again.

    Torch has a specific exception for a lack of GPU memory only.
    """
    kinds = (MemoryError, torch.OutOfMemoryError)
    if isinstance(error, kinds) or "DefaultCPUAllocator" in str(error):
        return Failure("it needs more memory than there is")
    raise error


def check_fits(card: Card, data: Dataset) -> None:
    """Raise unless a hypernetwork fits the samples of the data set.

    Raises:
        ConfigError: The hypernetwork is for other channels, features or classes.
    """
    task = data.task
    wanted = (card.channels, card.features, card.classes)
    if wanted != (task.channels, task.features, task.classes):
        raise ConfigError(
            f"hypernetwork {card.name!r} predicts networks for {_width(card)} and "
            f"{counted(card.classes, 'class')}, but {data.name!r} has {_width(task)} and "
            f"{counted(task.classes, 'class')}",
            hint="Train one on this data with `nas train-hypernet`.",
        )


def _width(of: Card | Task) -> str:
    if of.features:
        return counted(of.features, "feature")
    return counted(of.channels, "channel")

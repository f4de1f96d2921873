"""Figures of candidates, measured at the proxy of a hypernetwork's training."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch

from nas.analysis.cost import Cost, cost
from nas.compile.apply import apply, calibrate
from nas.data.samples import evenly
from nas.errors import ConfigError, counted
from nas.evaluate.estimate import Estimate, Failure, ScoreConfig
from nas.evaluate.naswot import ActivationKernel
from nas.evaluate.readout import HeadFeatures, readout
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.graph.graph import Graph
from nas.raised import error_text
from nas.space.contained import contained
from nas.task.batch import Batch, halves, labelled
from nas.training.device import autocast, channels_last
from nas.training.memory import NO_MEMORY, is_lack_of_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.predictor.card import Card
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import Params, SearchSpace
    from nas.task.task import Task

    Architecture = tuple[SearchSpace, Params]
    """An architecture by its full-size space and its parameters."""

TOGETHER = 4
"""Architectures whose weights are predicted at once. Rounding depends on the number, so it is the
same in one process and in many; more together are hardly faster, fewer are slower."""

_PATTERNS = 64
"""Calibration samples whose activation patterns are compared."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """An architecture at the proxy.

    Attributes:
        estimate: Its figures; the score is that in the space of the hypernetwork's training.
        cost: Its cost at the proxy.
    """

    estimate: Estimate
    cost: Cost

    @property
    def figures(self) -> dict[str, float]:
        """All figures by name."""
        return {**asdict(self.estimate), **asdict(self.cost)}


class Meter:
    """Measures architectures with predicted weights, a few at a time.

    Predicted weights come without batch statistics: they are measured on training samples, never
    on the ranking split.

    Args:
        predictor: A trained hypernetwork.
        data: Data set at full resolution; candidates are ranked on ``val``.
        config: Amount of data used.
        device: Device of the computation and of the predictor.
    """

    def __init__(
        self,
        predictor: WeightPredictor,
        data: Dataset,
        config: ScoreConfig,
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        card, task = predictor.card, data.task
        self._predictor = predictor
        self._kind = task.traits
        self._aggregate = (
            ScoreAggregate(card.reference, task.traits.score_weights) if card.reference else None
        )
        self._config = config
        self._device = torch.device(device)
        self._pool = ThreadPoolExecutor(config.workers)
        proxy = data.at(card.proxy.get("resolution", task.resolution))
        calibration = proxy.train.spread(config.calibration).to(self._device).whole()
        self._calibration = channels_last(calibration.inputs)
        known = labelled(calibration.labels).nonzero().flatten()
        self._patterns = known[evenly(len(known), _PATTERNS, known.device)]
        ranking = proxy.val.spread(config.images).to(self._device)
        self._batches = [
            Batch(channels_last(inputs), labels)
            for inputs, labels in ranking.batches(config.batch_size)
        ]
        labels = torch.cat([batch.labels for batch in self._batches])
        self._known = labelled(labels)
        self._labels = labels[self._known]

    @torch.no_grad()
    def measure(
        self, architectures: Sequence[Architecture], only: int | None = None
    ) -> Iterator[Measured | Failure]:
        """Figures or failures in order, each as soon as it and its predecessors are known.

        Args:
            architectures: What to measure.
            only: Index of the one to measure, if not all are. Weights are predicted for all of
                them, so that its figures are the same to the last digit.
        """
        graphs = [self._build(*architecture) for architecture in architectures]
        seconds = max((space.build_seconds for space, _ in architectures), default=0.0)
        predicted: list[Mapping[str, Tensor] | Failure] = []
        for first in range(0, len(graphs), TOGETHER):
            some = graphs[first : first + TOGETHER]
            predicted += self._predict([graph for graph in some if isinstance(graph, Graph)])
        weights = iter(predicted)
        known = [(one, one if isinstance(one, Failure) else next(weights)) for one in graphs]
        known = known if only is None else [known[only]]
        estimates = self._estimates(
            [(graph, params) for graph, params in known if isinstance(graph, Graph)], seconds
        )
        for graph, _ in known:
            if isinstance(graph, Failure):
                yield graph
                continue
            estimate = next(estimates)
            if isinstance(estimate, Failure):
                yield estimate
            else:
                yield Measured(estimate=estimate, cost=cost(graph))

    def _build(self, space: SearchSpace, params: Params) -> Graph | Failure:
        proxy = proxy_of(space, self._predictor.card)
        try:
            return proxy.graph(params).simplified
        except Exception as error:  # a custom space is user code
            return Failure(
                f"it cannot be built at the proxy: {error_text(error)}",
                of_machine=isinstance(error, ImportError | OSError),
            )

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

    def _estimates(
        self, known: Sequence[tuple[Graph, Mapping[str, Tensor] | Failure]], seconds: float
    ) -> Iterator[Estimate | Failure]:
        """Estimates in order, several networks in parallel.

        User code runs in this thread, where it can be interrupted.
        """
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
            reason = f"it does not run: {error_text(error)}"
            return Failure(reason, of_machine=isinstance(error, ImportError))

    def _estimate(
        self, graph: Graph, params: Mapping[str, Tensor] | Failure
    ) -> Estimate | Failure:
        if isinstance(params, Failure):
            return params
        try:
            return self._measure(graph, params, self._batches)
        except (MemoryError, RuntimeError) as error:
            failure = _failure(error)
        if self._kind.on_graph:
            return failure
        try:  # outside of the error, which keeps tensors alive
            return self._measure(
                graph, params, [half for one in self._batches for half in halves(one)]
            )
        except (MemoryError, RuntimeError) as error:
            return _failure(error)

    @torch.no_grad()
    def _measure(
        self, graph: Graph, params: Mapping[str, Tensor], batches: Sequence[Batch]
    ) -> Estimate | Failure:
        patterns, head = ActivationKernel(self._patterns), HeadFeatures(graph)
        with autocast(self._device, self._config.precision):
            statistics = calibrate(graph, params, *self._calibration, observe=patterns)
            ready = {**params, **statistics}
            every = [apply(graph, ready, *batch.inputs, observe=head) for batch in batches]
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


def proxy_of(space: SearchSpace, card: Card) -> SearchSpace:
    """A space at the macro sizes of a hypernetwork's training.

    A general hypernetwork takes any other space at that space's small sizes and at the resolution
    of training.

    Raises:
        ConfigError: The hypernetwork was trained in another space and is not general.
    """
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


def _is_foreign(graph: Graph) -> bool:
    """Whether a part of a network is a module or an operation of the user."""
    own = (type(node.op) for node in graph.nodes)
    return any(kind.holds_module or not kind.__module__.startswith("nas.") for kind in own)


def _failure(error: Exception) -> Failure:
    """The reason of one candidate's failure; an error with another cause is raised again."""
    if is_lack_of_memory(error):
        return Failure(NO_MEMORY)
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

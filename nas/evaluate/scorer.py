"""Candidates scored with predicted weights."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.analysis.cost import cost
from nas.compile.apply import apply, calibrate
from nas.errors import ConfigError
from nas.evaluate.blend import Blend
from nas.evaluate.naswot import ActivationKernel
from nas.graph.graph import Graph
from nas.train.device import autocast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.predictor.card import Card
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_PATTERNS = 64
"""Calibration images whose activation patterns are compared."""

_GRAPHS = 64
"""Graphs embedded in one pass."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How a network at the proxy does with predicted weights, on the ranking split.

    Attributes:
        accuracy: Share of images classified right.
        loss: Mean cross-entropy in nats.
        brier: Mean squared distance between class probabilities and the truth, summed over the
            classes, from 0 to 2, lower better (Brier 1950). One image that is surely wrong spoils
            it less than it does the loss.
        naswot: How differently the network treats different training images, higher better; see
            :func:`nas.evaluate.naswot`.
        score: One number for ranking, higher better: from 0 to 1, the blend of Brier score,
            NASWOT, multiply-accumulates, mean and shortest path; see :class:`nas.evaluate.Blend`.
            The negative loss if the hypernetwork's card has no reference to blend by.
    """

    accuracy: float
    loss: float
    brier: float
    naswot: float
    score: float


@dataclass(frozen=True)
class Failure:
    """Why a candidate has no estimate."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """On how much data candidates are scored.

    Attributes:
        images: Images of the ranking split, spread evenly over it.
        calibration: Training images that give the batch norms their statistics, spread likewise.
            Activation patterns are those of 64 of them; of fewer, NASWOT is another measure.
        batch_size: Images in one forward pass.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
        workers: Threads that run networks side by side; more than one pays on a CPU only.
    """

    images: int = 384
    calibration: int = 128
    batch_size: int = 512
    precision: str = "auto"
    workers: int = 1

    def __post_init__(self) -> None:
        for name in ("images", "calibration", "batch_size", "workers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


class Scorer:
    """Scores generations of candidates at the proxy a hypernetwork was trained at.

    Predicted weights come without batch statistics: they are measured on training images, never
    on the ranking split, so a score does not depend on how the images are batched.

    Args:
        predictor: A trained hypernetwork.
        data: Data set at full resolution; ranking images come from ``val``.
        config: How much of it is used.
        device: Where to compute; the predictor is expected there.

    Raises:
        ConfigError: The predictor is for other channels or classes than the data has.
    """

    def __init__(
        self,
        predictor: WeightPredictor,
        data: Dataset,
        config: ScoreConfig | None = None,
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        check_fits(predictor.card, data)
        card, task = predictor.card, data.task
        self._predictor = predictor
        self._blend = Blend(card.reference) if card.reference else None
        self._config = config or ScoreConfig()
        self._device = torch.device(device)
        self._pool = ThreadPoolExecutor(self._config.workers)
        proxy = data.at(card.proxy.get("resolution", task.resolution))
        calibration, _ = proxy.train.spread(self._config.calibration)
        images, labels = proxy.val.spread(self._config.images)
        self._calibration = self._take(calibration)
        count = len(calibration)
        self._patterns = torch.linspace(0, count - 1, min(count, _PATTERNS)).round().long()
        self._images = self._take(images)
        self._labels = labels.to(self._device)

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space at the macro sizes the predictor was trained at.

        Raises:
            ConfigError: The predictor was trained in another space.
        """
        card = self._predictor.card
        if card.space != space.name:
            raise ConfigError(
                f"hypernetwork {card.name!r} was trained in space {card.space!r}, "
                f"not in {space.name!r}",
                hint="`nas hypernets` lists the shipped ones; `nas train-hypernet` makes one.",
            )
        return space.at(**card.proxy)

    @torch.no_grad()
    def __call__(self, candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
        """An estimate for each candidate, or why there is none.

        A candidate fails alone: where it cannot be built at the proxy, the predictor does not
        know an operation of it, its output is not finite, or there is not memory enough for it.

        Raises:
            ConfigError: The predictor was trained in another space.
        """
        graphs = [self._build(candidate) for candidate in candidates]
        built = [graph for graph in graphs if isinstance(graph, Graph)]
        scored = iter(self._pool.map(self._estimate, built, self._predict(built)))
        return [graph if isinstance(graph, Failure) else next(scored) for graph in graphs]

    @torch.no_grad()
    def embed(self, candidates: Sequence[Candidate]) -> Tensor:
        """The predictor's vector for each architecture at the proxy, on the CPU: (N, D)."""
        graphs = [self.proxy(one.space).graph(one.params).simplified for one in candidates]
        parts = [
            self._predictor.embed(graphs[first : first + _GRAPHS])
            for first in range(0, len(graphs), _GRAPHS)
        ]
        return torch.cat(parts).float().cpu()

    def _build(self, candidate: Candidate) -> Graph | Failure:
        proxy = self.proxy(candidate.space)
        try:
            return proxy.graph(candidate.params).simplified
        except Exception as error:  # a space may be anybody's code
            return Failure(f"it cannot be built at the proxy: {type(error).__name__}: {error}")

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
        patterns = ActivationKernel(self._patterns)
        with autocast(self._device, self._config.precision):
            statistics = calibrate(graph, params, self._calibration, observe=patterns)
            ready = {**params, **statistics}
            scores = [
                apply(graph, ready, images)
                for images in self._images.split(self._config.batch_size)
            ]
        logits = torch.cat(scores).float()
        loss = float(F.cross_entropy(logits, self._labels))
        if not math.isfinite(loss):
            return Failure("its output is not finite")
        truth = F.one_hot(self._labels, logits.shape[1])
        figures = {
            "accuracy": float((logits.argmax(1) == self._labels).float().mean()),
            "loss": loss,
            "brier": float((logits.softmax(1) - truth).square().sum(1).mean()),
            "naswot": patterns.logdet(),
        }
        known = {**figures, **asdict(cost(graph))}
        return Estimate(**figures, score=-loss if self._blend is None else self._blend(known))

    def _take(self, images: Tensor) -> Tensor:
        return images.to(self._device).contiguous(memory_format=torch.channels_last)


def _failure(error: Exception) -> Failure:
    """What an error says about one candidate; one that says nothing of it is raised again.

    torch has an exception of its own for a lack of memory on a GPU only.
    """
    kinds = (MemoryError, torch.OutOfMemoryError)
    if isinstance(error, kinds) or "DefaultCPUAllocator" in str(error):
        return Failure("it needs more memory than there is")
    raise error


def check_fits(card: Card, data: Dataset) -> None:
    """Raise unless a hypernetwork is for images like those of the data set.

    Raises:
        ConfigError: It is for other channels or classes.
    """
    task = data.task
    if (card.channels, card.classes) != (task.channels, task.classes):
        raise ConfigError(
            f"hypernetwork {card.name!r} predicts networks for {card.channels} channels and "
            f"{card.classes} classes, but {data.name!r} has {task.channels} and {task.classes}",
            hint="Train one on this data with `nas train-hypernet`.",
        )

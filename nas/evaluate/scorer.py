"""Candidates scored with predicted weights."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from nas.evaluate.estimate import Estimate as Estimate
from nas.evaluate.estimate import Failure as Failure
from nas.evaluate.estimate import ScoreConfig as ScoreConfig
from nas.evaluate.meter import Measured, Meter, check_fits, proxy_of
from nas.evaluate.score_aggregate import ScoreAggregate, confirmed
from nas.events import Noted, ignore
from nas.seeding import rng
from nas.space.constrained_sampling import sample_preferring
from nas.task.batch import labelled
from nas.training.chance import is_at_chance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import torch

    from nas.data.dataset import Dataset
    from nas.evaluate.meter import Architecture
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

    Measure = Callable[[Sequence[Architecture]], Iterable[Measured | Failure]]

_REFERENCE = 32
"""Random architectures that form the reference of a space the predictor was not trained in."""


def always(network: Graph) -> bool:
    """Accept every network."""
    return True


class Scorer:
    """Scores generations of candidates at the proxy of a hypernetwork's training.

    Args:
        predictor: A trained hypernetwork.
        data: Data set at full resolution; candidates are ranked on ``val``.
        config: Amount of data used.
        device: Device of the computation and of the predictor.
        is_feasible: Whether a network satisfies the constraints. In a space the predictor was not
            trained in, feasible networks alone form the reference: relative to all networks, those
            of a narrow window would get nearly equal scores.
        listen: Receives a note where predictions are at chance.
        measure: Measures architectures elsewhere, see :mod:`nas.evaluate.measured_elsewhere`; None
            measures them here.

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
        measure: Measure | None = None,
    ) -> None:
        check_fits(predictor.card, data)
        config = config or ScoreConfig()
        if measure is None:
            measure = Meter(predictor, data, config, device=device).measure
        self._measure = measure
        self._card = predictor.card
        self._data = data
        self._images = config.images
        self._elsewhere: dict[SearchSpace, ScoreAggregate] = {}
        self._is_feasible = is_feasible
        self._listen = listen

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space at the macro sizes of the predictor's training.

        Raises:
            ConfigError: The predictor was trained in another space and is not general.
        """
        return proxy_of(space, self._card)

    def __call__(self, candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
        """An estimate for each candidate, or the reason of its failure.

        One candidate's failure does not affect the others. Reasons for a failure: it cannot be
        built at the proxy; the predictor does not know one of its operations; its output is not
        finite; memory does not suffice; user code raises an error; it ended its worker.

        Raises:
            ConfigError: The predictor was trained in another space.
        """
        return list(self.one_by_one(candidates))

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        """Estimates or failures in order, each as soon as it and its predecessors are known."""
        found = self._measure([(candidate.space, candidate.params) for candidate in candidates])
        for candidate, measured in zip(candidates, found, strict=True):
            if isinstance(measured, Failure):
                yield measured
            else:
                yield self._rescaled(measured, candidate.space)

    def _rescaled(self, measured: Measured, space: SearchSpace) -> Estimate:
        """The score on the scale of the candidate's own space.

        On the scale of another space most figures lie so far from the median that all networks
        get nearly the same score.
        """
        if space.name == self._card.space:
            return measured.estimate
        if space not in self._elsewhere:
            self._elsewhere[space] = self._fitted(space)
        return replace(measured.estimate, score=self._elsewhere[space](measured.figures))

    def _fitted(self, space: SearchSpace) -> ScoreAggregate:
        """The aggregate with random architectures of a space as its reference."""
        drawn = sample_preferring(space, _REFERENCE, rng(0, "reference"), self._is_feasible)
        found = self._measure([(candidate.space, candidate.params) for candidate in drawn])
        rows = [measured.figures for measured in found if isinstance(measured, Measured)]
        return ScoreAggregate.fit(rows, self._weights(space, rows))

    def _weights(
        self, space: SearchSpace, rows: Sequence[Mapping[str, float]]
    ) -> Mapping[str, float]:
        """Score weights in a space that the predictor was not trained in.

        Accuracies at chance say nothing about networks, so figures without them rank.
        """
        mean = fmean(row["accuracy"] for row in rows) if rows else math.inf
        kind = self._data.task.traits
        labels = self._data.val.spread(self._images).whole().labels
        if not is_at_chance(mean, self._data, int(labelled(labels).sum())):
            return confirmed(kind.general_score_weights, rows)
        weights, card = kind.untrained_score_weights, self._card
        if card.space:  # accuracies of a trained hypernetwork should exceed chance
            text = (
                f"Weights that hypernetwork {card.name!r} predicts for space {space.name!r} are "
                f"at chance ({kind.metric_format.format(mean)} in the mean): candidates are "
                f"ranked by {' and '.join(weights)} instead. --weights train trains one for this "
                "space."
            )
            self._listen(Noted(text=text))
        return weights

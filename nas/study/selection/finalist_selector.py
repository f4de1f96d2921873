"""Choice of the architecture to train next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nas.analysis.agreement import kendall
from nas.analysis.figure import FIGURES, known_from, oriented
from nas.study.record.trial_reading import figure_of, figures_of, has_figure
from nas.study.selection.pareto import by_training
from nas.study.selection.regressor import LEARNED_FROM, AccuracyRegressor
from nas.study.selection.trust import FEWEST, Trust, trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from nas.study.goals.objectives import Objective
    from nas.study.selection.regressor import Forecast

    Floats = NDArray[np.float64]

_FOLDS = 10

_PROVEN = 0.3
"""A ranking is proven if tau is at least this in nineteen of twenty resamples."""

REGRESSOR = "regressor"
"""The name of the forecast among the scores."""


def probes_among(finalists: int) -> int:
    """Number of probes among the finalists: a third, but at most four."""
    return min(finalists // 3, 4)


class FinalistSelector:
    """Chooses the next architecture to train, by the ranking that has proved best so far.

    At first trials are ranked by the first objective that needs predicted weights, or by
    ``score``. The best in rank is trained first. Then come the *probes*, spread evenly over the
    ranking, by which it is judged. After them the trust meter chooses the score from all trainings
    so far: the first score or, if it does better in cross-validation, the forecast of a regressor,
    unless another figure is surely better than both.

    Args:
        trials: Scored trials of different architectures, best first.
        objectives: Objectives of the search; a forecast replaces figures with predicted weights.
        probes: Number of probes.
        optimism: Number of standard deviations added to the mean of the forecast; uncertain
            architectures are then tried earlier (upper confidence bound, Srinivas et al. 2010).
    """

    def __init__(
        self,
        trials: Sequence[FrozenTrial],
        objectives: Sequence[Objective],
        *,
        probes: int = 0,
        optimism: float = 0.5,
    ) -> None:
        self._trials = trials
        self._figures = [figures_of(trial) for trial in trials]
        self._objectives = objectives
        self._optimism = optimism
        self._row = {trial.number: row for row, trial in enumerate(trials)}
        scored = known_from("weights")
        self._lead = next((one.name for one in objectives if one.name in scored), "score")
        self._scores = {
            name: oriented(name, [figure_of(trial, name) for trial in trials])
            for name in dict.fromkeys((self._lead, *_ranking(trials)))
        }
        spread = np.linspace(0, len(trials) - 1, probes + 2, dtype=int)[1:-1]
        self._probes = [trials[row] for row in spread] if trials else []
        self._regressor: AccuracyRegressor | None = None
        self._trust: tuple[tuple[list[int], list[float]], Trust] | None = None

    @property
    def probes(self) -> tuple[int, ...]:
        """Numbers of the probes' trials."""
        return tuple(trial.number for trial in self._probes)

    @property
    def planned(self) -> list[FrozenTrial]:
        """The trials that are trained first, whatever the accuracies."""
        return [*self._trials[:1], *self._probes]

    def __call__(self, trained: Mapping[int, float | None]) -> FrozenTrial | None:
        """The next trial to train; None if none is left.

        Args:
            trained: Accuracies by number of the trial, None where the training diverged.
        """
        planned = _untrained(self.planned, trained)
        return planned or _untrained(self._best(trained), trained)

    def _best(self, trained: Mapping[int, float | None]) -> Sequence[FrozenTrial]:
        """The best trials by the best score, at least one of them untrained."""
        name = self.trust(trained).ranked_by
        if name == self._lead:
            return self._trials
        if name == REGRESSOR:
            forecast = self._forecast(*self._known(trained))
            quality = forecast.mean + self._optimism * forecast.std
        else:
            quality = self._scores[name]
        enough = len(trained) + 1
        order = by_training(self._figures, quality.tolist(), self._objectives, enough)
        return [self._trials[row] for row in order]

    def is_proven(self, trained: Mapping[int, float | None]) -> bool:
        """Whether the score that ranks the remaining trials surely agrees with training."""
        trust = self.trust(trained)
        interval = trust.interval[trust.ranked_by]
        return interval is not None and interval[0] >= _PROVEN

    def trust(self, trained: Mapping[int, float | None]) -> Trust:
        """How well each score has ranked the trained trials."""
        rows, accuracies = self._known(trained)
        if self._trust is None or self._trust[0] != (rows, accuracies):
            self._trust = (rows, accuracies), self._trust_in(rows, accuracies)
        return self._trust[1]

    def _trust_in(self, rows: list[int], accuracies: list[float]) -> Trust:
        scores = {name: values[rows].tolist() for name, values in self._scores.items()}
        if len(rows) > FEWEST:
            unseen = self._unseen(rows, accuracies)
            better = _tau(unseen, accuracies) >= _tau(scores[self._lead], accuracies)
            learned = {REGRESSOR: unseen}
            scores = learned | scores if better else scores | learned
        return trust(scores, accuracies)

    def _known(self, trained: Mapping[int, float | None]) -> tuple[list[int], list[float]]:
        """Rows and accuracies of successful trainings, best in rank first."""
        known = sorted(
            (self._row[number], accuracy)
            for number, accuracy in trained.items()
            if number in self._row and accuracy is not None
        )
        return [row for row, _ in known], [accuracy for _, accuracy in known]

    def _unseen(self, rows: list[int], accuracies: list[float]) -> list[float]:
        """The forecast of each trained trial from the others: cross-validation in ten folds."""
        found = np.empty(len(rows))
        for fold in range(min(_FOLDS, len(rows))):
            held = np.arange(len(rows)) % _FOLDS == fold
            learned = np.flatnonzero(~held)
            forecast = self._forecast([rows[i] for i in learned], [accuracies[i] for i in learned])
            found[held] = forecast.mean[np.asarray(rows)[held]]
        return list(found.tolist())

    def _forecast(self, rows: list[int], accuracies: list[float]) -> Forecast:
        if self._regressor is None:
            self._regressor = AccuracyRegressor(
                self._scores[self._lead],
                self._recorded(LEARNED_FROM),
                [trial.params for trial in self._trials],
            )
        return self._regressor.fit(rows, accuracies)

    def _recorded(self, names: Iterable[str]) -> list[Floats]:
        """Figures that are recorded for all trials, higher better."""
        return [
            oriented(name, [figure_of(trial, name) for trial in self._trials])
            for name in names
            if all(has_figure(trial, name) for trial in self._trials)
        ]


def _untrained(
    trials: Iterable[FrozenTrial], trained: Mapping[int, float | None]
) -> FrozenTrial | None:
    for trial in trials:
        if trial.number not in trained:
            return trial
    return None


def _ranking(trials: Sequence[FrozenTrial]) -> list[str]:
    """Figures that may rank and are recorded for all trials."""
    return [
        name
        for name in FIGURES.in_order()
        if FIGURES.get(name).ranks and all(has_figure(trial, name) for trial in trials)
    ]


def _tau(score: Sequence[float], accuracies: Sequence[float]) -> float:
    return kendall(score, accuracies) or 0.0

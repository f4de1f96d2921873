"""Evolution inside a predictor of the objectives as an Optuna sampler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import TrialState

from nas.space.trial import draw, draw_other, has_others
from nas.study.record.optuna_internals import QUEUED
from nas.study.samplers.encoder import Encoder
from nas.study.samplers.gaussian_process import GaussianProcess
from nas.study.samplers.planned import PlannedSampler, key_of, planned_or_drawn
from nas.study.selection.kernels import normal_scores
from nas.study.selection.pareto import fronts, losses

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    Floats = NDArray[np.float64]
    Params = Mapping[str, Any]

_MOST = 400
"""Youngest finished trials from which a predictor learns; a fit takes time with their cube."""
_POPULATION, _GENERATIONS = 50, 12
_OPTIMISM = 0.5
"""Standard deviations by which an objective is expected better than its mean."""


class PredictorGuidedSampler(PlannedSampler[dict[str, Any]]):
    """Proposes what evolution finds best by predictors, learns from the results, and repeats.

    After some random trials a Gaussian process learns each objective, and each constraint, from
    the parameters of finished trials. Evolution searches these predictions, beginning with the
    best trials, and the best new ones of all that it met are proposed, front by front. After
    ``batch_size`` further results the predictors are fitted anew. Conditional parameters, failed
    trials, constraints and several objectives are supported; objectives are learnt as ranks, so
    their scale does not matter. Everything follows from the trials of the study, so a search
    continues after an interruption.

    This is LINAS, with Gaussian processes in place of its ridge or support vector regression, and
    smaller batches. Cummings et al.: A Hardware-Aware Framework for Accelerating Neural
    Architecture Search Across Modalities, 2022.

    Args:
        n_startup_trials: Number of complete trials with random choices.
        batch_size: Number of finished trials between two fits.
        seed: Fixes all draws; None takes fresh entropy.

    Raises:
        ValueError: A number is less than 2, or 1 for ``batch_size``.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(sampler=PredictorGuidedSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_int("x", 0, 1000), n_trials=40)
        >>> study.best_value < 20
        True
    """

    def __init__(
        self, *, n_startup_trials: int = 20, batch_size: int = 10, seed: int | None = None
    ) -> None:
        if n_startup_trials < 2 or batch_size < 1:
            raise ValueError(
                "`n_startup_trials >= 2` and `batch_size >= 1` must hold, but got "
                f"(n_startup_trials={n_startup_trials}, batch_size={batch_size})."
            )
        super().__init__(seed)
        self._startup, self._batch = n_startup_trials, batch_size

    def _begin(self) -> None:
        self._queue: list[dict[str, Any]] = []
        self._youngest: list[FrozenTrial] = []
        self._known: set[frozenset[tuple[str, Hashable]]] = set()
        self._finished = self._complete = self._fitted_at = 0

    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        """Take the next proposal; fit and search first if enough is new, or none is left."""
        if QUEUED in trial.system_attrs:
            return
        self._learn(study)
        if self._complete < self._startup:
            return
        if not self._queue or self._finished >= self._fitted_at + self._batch:
            self._queue = self._proposals(study)
            self._fitted_at = self._finished
        if self._queue:
            self._plans[trial.number] = self._queue.pop(0)

    def _learn(self, study: Study) -> None:
        """Remember the trials that have finished since the last time."""
        finished, _ = self._news(study)
        self._finished += len(finished)
        self._complete += sum(one.state is TrialState.COMPLETE for one in finished)
        self._known.update(key_of(one.params) for one in finished)
        youngest = sorted([*self._youngest, *finished], key=lambda one: one.number)
        self._youngest = youngest[-_MOST:]

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of the proposal or, where there is none that fits, a random one."""
        plan = self._plan(study, trial) or {}
        return planned_or_drawn(plan, param_name, param_distribution, self._rng)

    def _proposals(self, study: Study) -> list[dict[str, Any]]:
        """New parameters, the best expected first."""
        predictor = _Predictor(self._youngest, study)
        planned = {
            key_of(predictor.encoder.active(plan))
            for plan in list(self._plans.values())  # other threads change them
        }
        met = {key_of(one): one for one in self._evolved(predictor)}
        new = [one for key, one in met.items() if key not in self._known and key not in planned]
        return [new[row] for row in self._order(*predictor(new))] if new else []

    def _evolved(self, predictor: _Predictor) -> list[dict[str, Any]]:
        """All parameters that evolution meets on the predictions, beginning with the best known.

        The best by prediction of parents and children are the next parents. A child takes each
        parameter from one of two parents, and one of them is changed.
        """
        space, encoder = predictor.encoder.space, predictor.encoder
        if not any(map(has_others, space.values())):
            return []
        parents, found = list(predictor.known), []
        values, violations = predictor(parents)
        for _ in range(_GENERATIONS):
            best = self._order(values, violations)[:_POPULATION]
            parents, values, violations = (
                [parents[i] for i in best],
                values[best],
                violations[best],
            )
            children = [encoder.active(self._child(parents, space)) for _ in range(_POPULATION)]
            found += children
            parents += children
            expected, excess = predictor(children)
            values, violations = np.vstack([values, expected]), np.vstack([violations, excess])
        return found

    def _child(
        self, parents: Sequence[Params], space: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        mother, father = (parents[i] for i in self._rng.integers(len(parents), size=2))
        child = {
            name: one[name] if name in one else draw(distribution, self._rng)
            for name, distribution in space.items()
            for one in [mother if self._rng.integers(2) else father]
        }
        names = [name for name, distribution in space.items() if has_others(distribution)]
        changed = names[self._rng.integers(len(names))]
        return child | {changed: draw_other(space[changed], child[changed], self._rng)}

    def _order(self, values: Floats, violations: Floats) -> list[int]:
        """Rows by violation, and front by front among those without any, at random in a front."""
        excess = np.maximum(violations, 0).sum(1)
        sound, others = np.flatnonzero(excess == 0), np.flatnonzero(excess)
        ranked = [
            int(sound[row])
            for front in fronts(values[sound], len(sound))
            for row in self._rng.permutation(front)
        ]
        return [*ranked, *others[np.argsort(excess[others], kind="stable")].tolist()]


class _Predictor:
    """Expected objectives and violations, learnt from finished trials.

    Attributes:
        encoder: The features of parameters.
        known: The parameters of the complete trials.
        objectives: Number of objectives.
    """

    def __init__(self, finished: Sequence[FrozenTrial], study: Study) -> None:
        complete = [one for one in finished if one.state is TrialState.COMPLETE]
        self.encoder = Encoder(complete)
        self.known = [one.params for one in complete]
        self.objectives = len(study.directions)
        self._models = [
            self._fitted(self.known, values, normal_scores)
            for values in losses(complete, study.directions).T
        ]
        names = list(dict.fromkeys(name for one in complete for name in one.constraints))
        limits = [[one.constraints.get(name, np.nan) for one in complete] for name in names]
        self._limits = [self._fitted(self.known, np.array(one), _in_deviations) for one in limits]
        if len(complete) < len(finished):  # whether a trial fails counts as a constraint
            fails = np.array([1 - 2.0 * (one.state is TrialState.COMPLETE) for one in finished])
            params = [one.params for one in finished]
            self._limits.append(self._fitted(params, fails, _in_deviations))

    def _fitted(
        self, params: Sequence[Params], values: Floats, scale: Callable[[Floats], Floats]
    ) -> GaussianProcess | None:
        """A model of the finite values; None if they are too few."""
        rows = np.flatnonzero(np.isfinite(values)).tolist()
        if len(rows) < 2:
            return None
        features = self.encoder([params[row] for row in rows])
        return GaussianProcess(features, scale(values[rows]))

    def __call__(self, params: Sequence[Params]) -> tuple[Floats, Floats]:
        """Objectives, less being better, (N, objectives), and violations, (N, constraints)."""
        features = self.encoder(params)
        values, violations = np.zeros((2, len(params), 0))
        for model in self._models:
            mean, std = model(features) if model else np.zeros((2, len(params)))
            values = np.column_stack([values, mean - _OPTIMISM * std])
        for model in self._limits:
            mean = model(features)[0] if model else np.zeros(len(params))
            violations = np.column_stack([violations, mean])
        return values, violations


def _in_deviations(values: Floats) -> Floats:
    """Amounts in units of their size, so that constraints can be added up."""
    return np.asarray(values / (np.sqrt(np.mean(values**2)) or 1.0))

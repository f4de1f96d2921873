"""Evolution inside a predictor of the objectives as an Optuna sampler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.samplers import NSGAIISampler
from optuna.trial import TrialState, create_trial

from nas.space.trial import contains, draw
from nas.study.record.optuna_internals import QUEUED, of_first_generation
from nas.study.record.storage import quiet_optuna
from nas.study.samplers.encoder import Encoder
from nas.study.samplers.gaussian_process import GaussianProcess
from nas.study.samplers.planned import PlannedSampler
from nas.study.selection.kernels import normal_scores
from nas.study.selection.pareto import fronts, losses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    Floats = NDArray[np.float64]
    Params = Mapping[str, Any]

_MOST = 400
"""Youngest finished trials from which a predictor learns; a fit takes time with their cube."""
_POPULATION, _GENERATIONS = 40, 5
_OPTIMISM = 0.5
"""Standard deviations by which an objective is expected better than its mean."""


class PredictorGuidedSampler(PlannedSampler[dict[str, Any]]):
    """Proposes what evolution finds best by predictors, learns from the results, and repeats.

    After some random trials a Gaussian process learns each objective, and each constraint, from
    the parameters of finished trials. NSGA-II searches these predictions, beginning with the best
    trials, and the best new ones of all that it met are proposed, first front first. After
    ``batch_size`` further results the predictors are fitted anew. Conditional parameters, failed
    trials, constraints and several objectives are supported; objectives are learnt as ranks, so
    their scale does not matter. Everything follows from the trials of the study, so a search
    continues after an interruption.

    This is LINAS, with Gaussian processes in place of its ridge or support vector regression, and
    smaller batches. Cummings, Sridhar, Sarah & Szankin: A Hardware-Aware Framework for
    Accelerating Neural Architecture Search Across Modalities, 2022.

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
        self._queue: list[dict[str, Any]] = []
        self._fitted_at = 0

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Take the next proposal; fit and search first if enough is new, or none is left."""
        if QUEUED in trial.system_attrs:
            return
        finished = [one for one in study.get_trials(deepcopy=False) if one.state.is_finished()]
        if sum(one.state is TrialState.COMPLETE for one in finished) < self._startup:
            return
        if not self._queue or len(finished) >= self._fitted_at + self._batch:
            self._queue = self._proposals(finished, study)
            self._fitted_at = len(finished)
        if self._queue:
            self._plans[trial.number] = self._queue.pop(0)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of the proposal or, where there is none that fits, a random one."""
        plan = self._plans.get(trial.number, {})
        if param_name in plan and contains(param_distribution, plan[param_name]):
            return plan[param_name]
        return draw(param_distribution, self._rng)

    def _proposals(self, finished: Sequence[FrozenTrial], study: Study) -> list[dict[str, Any]]:
        """New parameters, the best expected first."""
        predictor = _Predictor(finished[-_MOST:], study)
        known = {_key(one.params) for one in finished} | {
            _key(predictor.encoder.active(plan)) for plan in self._plans.values()
        }
        met = {_key(one): one for one in self._evolved(predictor)}
        new = [one for key, one in met.items() if key not in known]
        self._rng.shuffle(new)  # the order within a front
        return [new[row] for row in _order(*predictor(new))] if new else []

    def _evolved(self, predictor: _Predictor) -> list[dict[str, Any]]:
        """The parameters that NSGA-II meets on the predictions, beginning with the best known."""
        space, encoder = predictor.encoder.space, predictor.encoder
        seed = int(self._rng.integers(2**31))
        sampler = NSGAIISampler(population_size=_POPULATION, seed=seed)
        with quiet_optuna():
            inner = optuna.create_study(
                directions=["minimize"] * predictor.objectives, sampler=sampler
            )
        values, violations = predictor(predictor.known)
        for row in _order(values, violations)[: _POPULATION // 2]:
            params = predictor.known[row]
            inner.add_trial(
                create_trial(
                    params={k: params.get(k, draw(one, self._rng)) for k, one in space.items()},
                    distributions=space,
                    values=values[row].tolist(),
                    constraints=_named(violations[row]),
                    system_attrs=of_first_generation(sampler),
                )
            )
        found: list[dict[str, Any]] = []
        for _ in range(_GENERATIONS):
            asked = [inner.ask(space) for _ in range(_POPULATION)]
            rows = [encoder.active(trial.params) for trial in asked]
            values, violations = predictor(rows)
            for trial, value, violation in zip(asked, values, violations, strict=True):
                for name, amount in _named(violation).items():
                    trial.set_constraint(name, amount)
                inner.tell(trial, value.tolist())
            found += rows
        return found


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
        rows = np.flatnonzero(np.isfinite(values))
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


def _order(values: Floats, violations: Floats) -> list[int]:
    """Rows by violation, and front by front among those without any."""
    excess = np.maximum(violations, 0).sum(1)
    sound, others = np.flatnonzero(excess == 0), np.flatnonzero(excess)
    ranked = [int(sound[row]) for front in fronts(values[sound], len(sound)) for row in front]
    return ranked + others[np.argsort(excess[others], kind="stable")].tolist()


def _named(violations: Floats) -> dict[str, float]:
    return {str(number): float(amount) for number, amount in enumerate(violations)}


def _key(params: Params) -> frozenset[tuple[str, Any]]:
    return frozenset(params.items())

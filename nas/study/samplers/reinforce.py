"""REINFORCE with a conservative explorer as an Optuna sampler."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from nas.space.trial import contains, draw, place
from nas.study.record.optuna_internals import QUEUED, note_trial
from nas.study.samplers.leading import leading, violation
from nas.study.samplers.planned import PlannedSampler
from nas.study.selection.pareto import losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_NOTE = "reinforce"
"""System attribute of a trial: the class of choices that the controller made."""
_PARTS = 8
_DRAWS = 64
_RECENT = 50
"""Number of earlier trials with which a new one is compared."""


def class_of(name: str) -> str:
    """The class of a choice: its name without numbers, so ``kernel3`` is of class ``kernel``."""
    return re.sub(r"\d+", "", name)


class ReinforceSampler(PlannedSampler[tuple[dict[str, Any], str]]):
    """Keeps the best trial but for one class of choices, which a controller makes anew.

    The controller holds the probability of each value of each choice. It learns by policy gradient
    from the choices that it made. The class is drawn with a probability proportional to the
    entropy of its choices, so a class in which the controller is certain is seldom changed.

    Unlike in the paper the controller is a table of probabilities, not a recurrent network, and
    the reward is the share of recent trials that a trial beats minus the share that beat it. So
    values of any scale, constraints and several objectives are possible. The controller is
    learnt anew from the trials of the study after an interruption.

    Zhou, Song, Huang & Hu: Auto-GNN: Neural Architecture Search of Graph Neural Networks, 2019.
    Williams: Simple Statistical Gradient-Following Algorithms, Machine Learning 1992.

    Args:
        n_startup_trials: Number of complete trials with random choices.
        rate: Step of the gradient.
        class_of: Gives the class of a choice from its name.
        seed: Fixes all draws; None takes fresh entropy.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(sampler=ReinforceSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_int("x", 0, 1000), n_trials=200)
        >>> study.best_value < 50
        True
    """

    def __init__(
        self,
        *,
        n_startup_trials: int = 10,
        rate: float = 0.3,
        class_of: Callable[[str], str] = class_of,
        seed: int | None = None,
    ) -> None:
        self._startup, self._rate, self._class_of = n_startup_trials, rate, class_of
        super().__init__(seed)

    def _begin(self) -> None:
        self._logits: dict[str, NDArray[np.float64]] = {}
        self._complete = 0
        self._recent: deque[tuple[float, NDArray[np.float64]]] = deque(maxlen=_RECENT)
        self._best: list[FrozenTrial] = []

    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        """Learn from new trials; choose the trial to keep and the class of choices to make."""
        finished, _ = self._news(study)
        for one in finished:
            if one.state is TrialState.COMPLETE:
                self._learn(one, study)
        if QUEUED in trial.system_attrs or self._complete < self._startup:
            return
        kept = self._best[self._rng.integers(len(self._best))]
        entropy: dict[str, float] = {}
        for name, distribution in kept.distributions.items():
            chances = self._chances(name, distribution)
            group = self._class_of(name)
            entropy[group] = entropy.get(group, 0.0) - float(chances @ np.log(chances + 1e-12))
        weights = np.array(list(entropy.values())) + 1e-6
        if len(weights):
            group = str(self._rng.choice(list(entropy), p=weights / weights.sum()))
            self._plans[trial.number] = kept.params, group
            note_trial(study, trial, _NOTE, group)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The kept choice or, of the class of this trial, one that the controller makes."""
        kept, group = self._plan(study, trial) or ({}, "")
        if not kept:
            return draw(param_distribution, self._rng)
        value = kept.get(param_name)
        keeps = param_name in kept and self._class_of(param_name) != group
        if keeps and contains(param_distribution, value):
            return value
        chances = self._chances(param_name, param_distribution)
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[self._rng.choice(len(chances), p=chances)]
        drawn = [draw(param_distribution, self._rng) for _ in range(_DRAWS)]
        weights = chances[[_option(param_distribution, one) for one in drawn]]
        return drawn[self._rng.choice(_DRAWS, p=weights / weights.sum())]

    def _learn(self, trial: FrozenTrial, study: Study) -> None:
        """One step of the gradient: reward times the gradient of the log-probability."""
        mine = violation(trial), losses([trial], study.directions)[0]
        reward = sum(_beats(mine, one) - _beats(one, mine) for one in self._recent)
        step = self._rate * reward / max(1, len(self._recent))
        made = trial.system_attrs.get(_NOTE)
        for name, distribution in trial.distributions.items():
            if made is None or self._class_of(name) == made:
                chances = self._chances(name, distribution)
                chosen = np.arange(len(chances)) == _option(distribution, trial.params[name])
                self._logits[name] = self._logits[name] + step * (chosen - chances)
        self._recent.append(mine)
        self._complete += 1
        self._best = leading([*self._best, trial], study.directions)

    def _chances(self, name: str, distribution: BaseDistribution) -> NDArray[np.float64]:
        """The probability of each option of a choice."""
        logits = self._logits.setdefault(name, np.zeros(_options(distribution)))
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())


def _beats(
    one: tuple[float, NDArray[np.float64]], other: tuple[float, NDArray[np.float64]]
) -> bool:
    """Whether a trial has less violation or, with equal violation, dominates another one."""
    if one[0] != other[0]:
        return one[0] < other[0]
    return bool((one[1] <= other[1]).all() and (one[1] < other[1]).any())


def _options(distribution: BaseDistribution) -> int:
    """Number of options: choices, or equal parts of the range of a number."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    return _PARTS


def _option(distribution: BaseDistribution, value: Any) -> int:
    """The option that holds a value."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices.index(value)
    return min(int(_PARTS * place(distribution, value)), _PARTS - 1)

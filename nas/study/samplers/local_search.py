"""Local search as an Optuna sampler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState

from nas.space.trial import neighbours
from nas.study.record.optuna_internals import QUEUED, note_trial
from nas.study.samplers.leading import leading
from nas.study.samplers.planned import PlannedSampler, key_of, planned_or_drawn

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_NOTE = "local-search"
"""System attribute of a trial: the number of its walk and, unless it is a start, its parent, the
choice in which it differs, and the value of that choice."""

_Move = tuple[int, str, float]
"""Number of the parent, name of a choice, and its value as Optuna stores it."""


@dataclass
class _Walk:
    """The trials of one walk.

    Attributes:
        starts: Number of random starts, running and failed ones included.
        complete: The complete trials.
        running: Number of running trials.
        moves: All steps that were tried.
    """

    starts: int = 0
    complete: list[FrozenTrial] = field(default_factory=list)
    running: int = 0
    moves: set[_Move] = field(default_factory=set)


class LocalSearchSampler(PlannedSampler[dict[str, Any]]):
    """Tries the neighbours of the best trial, moves on to a better one, and restarts at an end.

    A walk begins with some random trials. Then each trial differs in one choice from the best
    trial of its walk; the first better one becomes the best. A new walk begins when no neighbour
    is left untried. Choices that no longer fit are drawn anew, so conditional parameters are
    supported. With several objectives the neighbours of all trials that no trial of the walk
    dominates are tried (Pareto local search, Paquete, Chiarandini & Stützle 2004); less violation
    of constraints comes first. While all neighbours of a walk wait for their values, the next walk
    begins, so any number of trials can be asked before one is told.

    White, Nolen & Savani: Exploring the Loss Landscape in Neural Architecture Search, UAI 2021.

    The walks are read from the trials of the study, so a search continues after an interruption.
    Trials of other samplers count as starts of the first walk.

    Args:
        n_starts: Number of random trials at the beginning of each walk.
        seed: Fixes all draws; None takes fresh entropy.

    Raises:
        ValueError: ``n_starts`` is less than 1.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(sampler=LocalSearchSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_int("x", 0, 1000), n_trials=100)
        >>> study.best_value < 20
        True
    """

    def __init__(self, *, n_starts: int = 10, seed: int | None = None) -> None:
        if n_starts < 1:
            raise ValueError(f"`n_starts >= 1` must hold, but got (n_starts={n_starts}).")
        self._n_starts = n_starts
        super().__init__(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Choose a start or a step, and note it with the trial."""
        if QUEUED in trial.system_attrs:
            return
        trials = study.get_trials(deepcopy=False)
        walks = _walks(trials)
        known = {key_of(one.params) for one in trials if one.state.is_finished()}
        for number, walk in walks.items():
            if walk.starts < self._n_starts:
                return note_trial(study, trial, _NOTE, [number])
            steps = [
                (parent, name, value)
                for parent in leading(walk.complete, study.directions)
                for name, value in _untried(parent, walk.moves, known)
            ]
            if steps:
                parent, name, value = steps[self._rng.integers(len(steps))]
                self._plans[trial.number] = {**parent.params, name: value}
                kept = parent.distributions[name].to_internal_repr(value)
                return note_trial(study, trial, _NOTE, [number, parent.number, name, kept])
        last = max(walks, default=-1)
        waits = last >= 0 and walks[last].running and not walks[last].complete
        note_trial(study, trial, _NOTE, [last if waits else last + 1])

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of the plan or, where there is none that fits, a random one."""
        plan = self._plans.get(trial.number, {})
        return planned_or_drawn(plan, param_name, param_distribution, self._rng)


def _walks(trials: Sequence[FrozenTrial]) -> dict[int, _Walk]:
    """All walks by number, in order."""
    walks: dict[int, _Walk] = {}
    for trial in trials:
        note = trial.system_attrs.get(_NOTE)
        if note is None and not trial.state.is_finished():
            continue
        number, *step = note or (0,)
        walk = walks.setdefault(number, _Walk())
        walk.running += not trial.state.is_finished()
        if trial.state is TrialState.COMPLETE:
            walk.complete.append(trial)
        if step:
            walk.moves.add(tuple(step))
        else:
            walk.starts += 1
    return dict(sorted(walks.items()))


def _untried(
    parent: FrozenTrial, moves: set[_Move], known: set[frozenset[tuple[str, Hashable]]]
) -> Iterator[tuple[str, Any]]:
    """The choices and values by which new neighbours of a trial differ from it."""
    for name, distribution in parent.distributions.items():
        for value in neighbours(distribution, parent.params[name]):
            move = (parent.number, name, distribution.to_internal_repr(value))
            if move not in moves and key_of({**parent.params, name: value}) not in known:
                yield name, value

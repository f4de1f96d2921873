"""Local search as an Optuna sampler."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState

from nas.space.trial import neighbours
from nas.study.record.optuna_internals import QUEUED, note_trial
from nas.study.samplers.leading import leading
from nas.study.samplers.planned import PlannedSampler, key_of, planned_or_drawn

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterator

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_NOTE = "local-search"
"""System attribute of a trial: the number of its walk and, unless it is a start, its parent, the
choice in which it differs, and the value of that choice."""

_Move = tuple[int, str, float]
"""Number of the parent, name of a choice, and its value as Optuna stores it."""


_Key = frozenset[tuple[str, "Hashable"]]


@dataclass(frozen=True)
class _Step:
    """A neighbour of a trial: the one choice in which it differs, and all its parameters."""

    move: _Move
    params: dict[str, Any]
    key: _Key


@dataclass
class _Walk:
    """What is known of one walk.

    Attributes:
        starts: Number of finished random starts, failed ones included.
        leaders: The best complete trials.
        moves: All steps that were tried.
        steps: Those that were not, by number of the leader.
    """

    starts: int = 0
    leaders: list[FrozenTrial] = field(default_factory=list)
    moves: set[_Move] = field(default_factory=set)
    steps: dict[int, list[_Step]] = field(default_factory=dict)

    def untried(self, known: Container[_Key]) -> list[_Step]:
        """Steps to new neighbours of the leaders."""
        for parent in self.leaders:
            if parent.number not in self.steps:
                self.steps[parent.number] = list(_steps(parent))
        self.steps = {
            parent.number: [
                step
                for step in self.steps[parent.number]
                if step.move not in self.moves and step.key not in known
            ]
            for parent in self.leaders
        }
        return [step for steps in self.steps.values() for step in steps]


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

    def _begin(self) -> None:
        self._walks: dict[int, _Walk] = {}
        self._live: set[int] = set()
        self._known: set[_Key] = set()

    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        """Choose a start or a step, and note it with the trial."""
        if QUEUED in trial.system_attrs:
            return
        number, step = self._choice(*self._learn(study))
        note: list[Any] = [number]
        if step is not None:
            self._plans[trial.number] = step.params
            note += step.move
        note_trial(study, trial, _NOTE, note)

    def _learn(self, study: Study) -> tuple[Counter[int], Counter[int]]:
        """Learn from the trials that have finished since the last time.

        Returns:
            The number of running starts, and of all running trials, of each walk.
        """
        finished, running = self._news(study)
        for one in finished:
            self._known.add(key_of(one.params))
            number, *step = one.system_attrs.get(_NOTE, (0,))
            walk = self._noted(number, step)
            walk.starts += not step
            if one.state is TrialState.COMPLETE:
                best = leading([*walk.leaders, one], study.directions)
                walk.leaders = sorted(best, key=lambda leader: leader.number)
        starts, busy = Counter[int](), Counter[int]()
        for one in running:
            if _NOTE in one.system_attrs:
                number, *step = one.system_attrs[_NOTE]
                self._noted(number, step)
                starts[number] += not step
                busy[number] += 1
        return starts, busy

    def _noted(self, number: int, step: list[Any]) -> _Walk:
        """The walk with this number, in which a step is tried unless it is empty."""
        self._live.add(number)
        walk = self._walks.setdefault(number, _Walk())
        if step:
            walk.moves.add(tuple(step))
        return walk

    def _choice(self, starts: Counter[int], busy: Counter[int]) -> tuple[int, _Step | None]:
        """The number of a walk, and a step of it; None for a random start."""
        for number in sorted(self._live):
            walk = self._walks[number]
            if walk.starts + starts[number] < self._n_starts:
                return number, None
            steps = walk.untried(self._known)
            if steps:
                return number, steps[self._rng.integers(len(steps))]
            if not busy[number]:
                self._live.remove(number)
        last = max(self._walks, default=-1)
        waits = last >= 0 and busy[last] and not self._walks[last].leaders
        return (last if waits else last + 1), None

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of the plan or, where there is none that fits, a random one."""
        plan = self._plan(study, trial) or {}
        return planned_or_drawn(plan, param_name, param_distribution, self._rng)


def _steps(parent: FrozenTrial) -> Iterator[_Step]:
    """All steps from a trial."""
    for name, distribution in parent.distributions.items():
        for value in neighbours(distribution, parent.params[name]):
            move = (parent.number, name, distribution.to_internal_repr(value))
            params = {**parent.params, name: value}
            yield _Step(move, params, key_of(params))

"""The outcome of a trial, and the outcomes of all architectures met so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState

from nas.study.record.trial_reading import (
    DESIGN,
    DUPLICATE_OF,
    OUTCOME,
    PARENT,
    OutcomeKind,
    architecture_of,
    first_of,
    hash_of,
    identity_of,
    is_repeat,
    outcome_kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optuna.trial import FrozenTrial, Trial


@dataclass(frozen=True, kw_only=True)
class TrialOutcome:
    """The outcome of every trial that asks for one architecture.

    Attributes:
        kind: Whether it was scored, is infeasible, or failed.
        values: One for each objective, the worst where unknown; None if it failed.
        violations: Amount by which each constraint is missed.
        attributes: Its figures, notation and hash, or why it failed; fit for JSON.
        number: The first trial that asked, once that one is told.
    """

    kind: OutcomeKind
    values: Sequence[float] | None = None
    violations: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    number: int | None = None

    def tell(self, trial: Trial) -> FrozenTrial:
        """Finish a trial with this outcome; the study then holds what is known."""
        for key, value in {**self.attributes, OUTCOME: self.kind.value}.items():
            trial.set_user_attr(key, value)
        if self.number is not None:
            trial.set_user_attr(DUPLICATE_OF, self.number)
        for key, violation in self.violations.items():
            trial.set_constraint(key, violation)
        if self.values is None:
            return trial.study.tell(trial, state=TrialState.FAIL)
        return trial.study.tell(trial, list(self.values))


def outcome_of(trial: FrozenTrial) -> TrialOutcome:
    """The outcome of a finished trial."""
    own = (OUTCOME, DUPLICATE_OF, PARENT, DESIGN)
    return TrialOutcome(
        kind=outcome_kind(trial),
        values=trial.values,
        violations=trial.constraints,
        attributes={key: value for key, value in trial.user_attrs.items() if key not in own},
        number=first_of(trial),
    )


class OutcomeCache:
    """Outcomes by canonical hash, and the notations met so far.

    Two notations may share a hash (isomorphic networks), so the number of notations is what a
    space of known size runs out of. What could not be built has no hash and is known by its
    notation.

    Attributes:
        identities: Canonical hash by the text of the parameters, of all that could be built.
    """

    def __init__(self, trials: Iterable[FrozenTrial] = ()) -> None:
        self.identities: dict[str, str] = {}
        self._outcomes: dict[str, TrialOutcome] = {}
        self._hashes: dict[int, str] = {}
        self._notations: set[str] = set()
        for trial in trials:
            self.learn(trial)

    def learn(self, trial: FrozenTrial) -> None:
        """Remember what a finished trial was told."""
        self._notations.add(architecture_of(trial))
        known = hash_of(trial)
        if not is_repeat(trial):
            self._outcomes.setdefault(identity_of(trial), outcome_of(trial))
            if known is not None:
                self._hashes[trial.number] = known
        first = first_of(trial)
        if first in self._hashes:
            self.identities[repr(trial.params)] = self._hashes[first]

    def get(self, identity: str) -> TrialOutcome | None:
        """The outcome for the architecture of that hash, if there is one."""
        return self._outcomes.get(identity)

    @property
    def notations(self) -> int:
        """Number of different notations met."""
        return len(self._notations)

    def __contains__(self, identity: object) -> bool:
        return identity in self._outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

"""The outcome of a trial, and the outcomes of all architectures met so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.study.record.optuna_internals import tell
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
        kind: Whether the architecture was scored, is infeasible, or failed.
        values: The value of each objective, the worst one where unknown; None after a failure.
        violations: Amount by which each constraint is missed.
        attributes: Figures, notation and hash, or the reason of the failure; fit for JSON.
        number: Number of the first trial of the architecture, once that trial is finished.
    """

    kind: OutcomeKind
    values: Sequence[float] | None = None
    violations: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    number: int | None = None

    def tell(self, trial: Trial) -> FrozenTrial:
        """Finish a trial with this outcome, and write its attributes to the study."""
        for key, value in {**self.attributes, OUTCOME: self.kind.value}.items():
            trial.set_user_attr(key, value)
        if self.number is not None:
            trial.set_user_attr(DUPLICATE_OF, self.number)
        for key, violation in self.violations.items():
            trial.set_constraint(key, violation)
        return tell(trial, None if self.values is None else list(self.values))


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

    Isomorphic networks have one hash and several notations, so the notations show when a space of
    known size is exhausted. A candidate that cannot be built has no hash; its notation identifies
    it.

    Attributes:
        identities: Canonical hash of each built architecture by the text of its parameters.
    """

    def __init__(self, trials: Iterable[FrozenTrial] = ()) -> None:
        self.identities: dict[str, str] = {}
        self._outcomes: dict[str, TrialOutcome] = {}
        self._hashes: dict[int, str] = {}
        self._notations: set[str] = set()
        for trial in trials:
            self.learn(trial)

    def learn(self, trial: FrozenTrial) -> None:
        """Remember the outcome of a finished trial."""
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
        """The outcome of the architecture with this hash or notation; None if unknown."""
        return self._outcomes.get(identity)

    @property
    def notations(self) -> int:
        """Number of different notations met."""
        return len(self._notations)

    def __contains__(self, identity: object) -> bool:
        return identity in self._outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

from __future__ import annotations

import optuna

from nas.study.outcome import OutcomeCache, TrialOutcome
from nas.study.record.trial_reading import OutcomeKind

SCORED = TrialOutcome(
    kind=OutcomeKind.SCORED, values=[0.5], attributes={"architecture": "a", "hash": "1"}
)


def test_a_known_architecture_is_answered_with_its_first_trial() -> None:
    study, cache = optuna.create_study(), OutcomeCache()
    assert cache.get("1") is None
    cache.learn(SCORED.tell(study.ask()))
    known = cache.get("1")
    assert known is not None
    assert (known.kind, known.values, known.number) == (OutcomeKind.SCORED, [0.5], 0)
    cache.learn(known.tell(study.ask()))
    again = cache.get("1")
    assert again is not None
    assert again.number == 0
    assert study.trials[1].user_attrs["duplicate_of"] == 0
    assert study.trials[1].values == [0.5]


def test_two_notations_of_one_network() -> None:
    study, cache = optuna.create_study(), OutcomeCache()
    cache.learn(SCORED.tell(study.ask()))
    other = TrialOutcome(
        kind=OutcomeKind.SCORED, values=[0.5], attributes={"architecture": "b", "hash": "1"}
    )
    cache.learn(other.tell(study.ask()))
    assert (len(cache), cache.notations) == (1, 2)


def test_what_failed_is_known_by_its_notation_and_fails_again() -> None:
    study = optuna.create_study()
    failed = TrialOutcome(
        kind=OutcomeKind.FAILED, attributes={"architecture": "c", "reason": "why"}
    )
    cache = OutcomeCache([failed.tell(study.ask())])
    assert "c" in cache
    known = cache.get("c")
    assert known is not None
    trial = known.tell(study.ask())
    assert trial.state is optuna.trial.TrialState.FAIL
    assert trial.user_attrs["reason"] == "why"

from __future__ import annotations

import optuna

from nas.study.answer import Answer, AnswerCache, Outcome

SCORED = Answer(
    outcome=Outcome.SCORED, values=[0.5], attributes={"architecture": "a", "hash": "1"}
)


def test_a_known_architecture_is_answered_with_its_first_trial() -> None:
    study, cache = optuna.create_study(), AnswerCache()
    assert cache.get("1") is None
    cache.learn(SCORED.tell(study.ask()))
    known = cache.get("1")
    assert known is not None
    assert (known.outcome, known.values, known.number) == (Outcome.SCORED, [0.5], 0)
    cache.learn(known.tell(study.ask()))
    again = cache.get("1")
    assert again is not None
    assert again.number == 0
    assert study.trials[1].user_attrs["duplicate_of"] == 0
    assert study.trials[1].values == [0.5]


def test_two_notations_of_one_network() -> None:
    study, cache = optuna.create_study(), AnswerCache()
    cache.learn(SCORED.tell(study.ask()))
    other = Answer(
        outcome=Outcome.SCORED, values=[0.5], attributes={"architecture": "b", "hash": "1"}
    )
    cache.learn(other.tell(study.ask()))
    assert (len(cache), cache.notations) == (1, 2)


def test_what_failed_is_known_by_its_notation_and_fails_again() -> None:
    study = optuna.create_study()
    failed = Answer(outcome=Outcome.FAILED, attributes={"architecture": "c", "reason": "why"})
    cache = AnswerCache([failed.tell(study.ask())])
    assert "c" in cache
    known = cache.get("c")
    assert known is not None
    trial = known.tell(study.ask())
    assert trial.state is optuna.trial.TrialState.FAIL
    assert trial.user_attrs["reason"] == "why"

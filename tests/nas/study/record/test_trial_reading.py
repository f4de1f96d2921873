from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.evaluate.scorer import Estimate
from nas.study.record.trial_reading import (
    OutcomeKind,
    architecture_of,
    design_of,
    figure_of,
    first_of,
    has_figure,
    hash_of,
    identity_of,
    is_mutant,
    is_of_search,
    is_repeat,
    is_scored,
    outcome_kind,
    reason_of,
)

ESTIMATE = Estimate(accuracy=0.5, loss=1.2, brier=0.6, readout=0.7, naswot=30.0, score=0.7)
SCORED = {
    "architecture": "a",
    "hash": "1",
    "outcome": "scored",
    "params": 12,
    **asdict(ESTIMATE),
}


def told(**attributes: Any) -> FrozenTrial:
    return create_trial(value=0.7, user_attrs=attributes)


def test_a_scored_trial_is_read_with_types() -> None:
    trial = told(**SCORED)
    assert is_of_search(trial)
    assert is_scored(trial)
    assert outcome_kind(trial) is OutcomeKind.SCORED
    assert (architecture_of(trial), hash_of(trial), identity_of(trial)) == ("a", "1", "1")
    assert figure_of(trial, "params") == 12
    assert first_of(trial) == trial.number
    assert not is_mutant(trial)
    assert not is_repeat(trial)


def test_what_could_not_be_built_is_known_by_its_notation_and_its_reason() -> None:
    attributes = {"architecture": "a", "outcome": "failed", "reason": "too wide"}
    trial = create_trial(state=TrialState.FAIL, user_attrs=attributes)
    assert (hash_of(trial), identity_of(trial), reason_of(trial)) == (None, "a", "too wide")
    assert not is_scored(trial)
    assert not has_figure(trial, "score")
    with pytest.raises(KeyError):
        figure_of(trial, "score")


def test_a_mutant_and_a_duplicate_are_recognised() -> None:
    mutant, duplicate = told(**SCORED, parent=3), told(**SCORED, duplicate_of=0)
    assert is_mutant(mutant)
    assert first_of(duplicate) == 0
    assert is_repeat(duplicate)
    assert not is_scored(duplicate)


def test_a_known_design_has_its_name() -> None:
    assert design_of(told(**SCORED, design="resnet18")) == "resnet18"
    assert design_of(told(**SCORED)) is None


def test_a_trial_asked_of_the_study_beside_the_search_is_none_of_it() -> None:
    assert not is_of_search(create_trial(value=1.0))

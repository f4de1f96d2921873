from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.errors import StudyError
from nas.study.record.trial_check import check_trials
from tests.nas.study.study_toys import toy_search


@pytest.fixture(scope="module")
def trials() -> list[FrozenTrial]:
    return toy_search(n_trials=4, finalists=1, max_epochs=0).study.get_trials()


def _changed(trial: FrozenTrial, **attributes: Any) -> FrozenTrial:
    known = {k: v for k, v in {**trial.user_attrs, **attributes}.items() if v is not ...}
    return create_trial(
        params=trial.params,
        distributions=trial.distributions,
        values=trial.values,
        user_attrs=known,
        state=TrialState.COMPLETE,
    )


def test_trials_of_a_search_are_taken(trials: list[FrozenTrial]) -> None:
    check_trials(trials, "here")


@pytest.mark.parametrize(
    ("damage", "lacking"),
    [
        ({"outcome": "scord"}, "known outcome"),
        ({"outcome": 3}, "known outcome"),
        ({"outcome": []}, "known outcome"),
        ({"hash": ...}, "hash"),
        ({"architecture": 7}, "architecture"),
        ({"score": ...}, "score"),
        ({"macs": "many"}, "macs"),
        ({"duplicate_of": "0"}, "duplicate_of"),
    ],
)
def test_a_damaged_trial_is_named_with_its_missing_entry(
    damage: dict[str, Any], lacking: str, trials: list[FrozenTrial]
) -> None:
    with pytest.raises(StudyError, match=f"here is damaged: trial .* has no {lacking}"):
        check_trials([_changed(trials[0], **damage)], "here")


def test_a_search_on_a_damaged_record_is_one_error() -> None:
    storage = optuna.storages.InMemoryStorage()
    found = toy_search(n_trials=4, finalists=1, max_epochs=0, storage=storage)
    trial = found.study.get_trials()[0]
    found.study.add_trial(_changed(trial, hash=...))
    with pytest.raises(
        StudyError, match=r"study 'toy-digits' in .* is damaged: trial 4 has no hash"
    ):
        toy_search(n_trials=8, finalists=1, max_epochs=0, storage=storage)

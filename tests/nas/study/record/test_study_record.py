from __future__ import annotations

import math
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import TrialState

from nas.study.outcome import OutcomeCache, TrialOutcome, outcome_of
from nas.study.record.storage import open_storage
from nas.study.record.study_record import StudyRecord, TrialCounts
from nas.study.record.trial_reading import OutcomeKind, is_scored
from nas.study.selection.pareto import best, ranked_fronts

if TYPE_CHECKING:
    from pathlib import Path


def _record(location: Path | str) -> StudyRecord:
    return StudyRecord(
        optuna.create_study(
            storage=open_storage(location),
            study_name="s",
            directions=["maximize", "minimize"],
            load_if_exists=True,
        )
    )


ANSWERS = [
    TrialOutcome(
        kind=OutcomeKind.SCORED,
        values=(0.5, 10.0),
        violations={"params<=20": -0.5},
        attributes={"architecture": "a", "hash": "1", "score": 0.5},
    ),
    TrialOutcome(
        kind=OutcomeKind.INFEASIBLE,
        values=(-math.inf, 30.0),
        violations={"params<=20": 0.5},
        attributes={"architecture": "b", "hash": "2"},
    ),
    TrialOutcome(kind=OutcomeKind.FAILED, attributes={"architecture": "c", "reason": "why"}),
    TrialOutcome(
        kind=OutcomeKind.SCORED,
        values=(0.4, 9.0),
        violations={"params<=20": -0.6},
        attributes={"architecture": "d", "hash": "4", "score": 0.4},
    ),
]


def _tell_all(study: optuna.Study) -> None:
    cache = OutcomeCache()
    for outcome in [*ANSWERS, *ANSWERS[:3]]:
        known = cache.get(str(outcome.attributes.get("hash", outcome.attributes["architecture"])))
        cache.learn((known or outcome).tell(study.ask()))
    assert len(cache) == 4


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_record_and_restore(kind: str, tmp_path: Path) -> None:
    location = tmp_path / "s.journal" if kind == "journal" else f"sqlite:///{tmp_path}/s.db"
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    _record(location).append(told.trials, told, seconds=1.5)

    record = _record(location)
    assert [trial.state for trial in record.trials()] == [
        TrialState.COMPLETE,
        TrialState.COMPLETE,
        TrialState.FAIL,
        TrialState.COMPLETE,
    ]
    assert record.counts() == TrialCounts(
        total=7, complete=2, failed=1, duplicates=3, infeasible=1
    )
    assert record.seconds() == {"search": 1.5}

    again = optuna.create_study(directions=["maximize", "minimize"])
    record.restore(again)
    for before, after in zip(told.trials, again.trials, strict=True):
        assert (before.number, before.state, before.values) == (
            after.number,
            after.state,
            after.values,
        )
        assert before.params == after.params
        assert before.constraints == after.constraints
        assert after.user_attrs.items() <= before.user_attrs.items()
        assert ("duplicate_of" in after.user_attrs) == ("duplicate_of" in before.user_attrs)


def test_children_are_counted_apart() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(study)
    trials = study.trials
    for trial in trials:
        trial.user_attrs["parent"] = 0
    assert TrialCounts.of(trials) == TrialCounts(
        total=7, mutants=2, failed=1, duplicates=3, infeasible=1
    )


def test_answers_survive(tmp_path: Path) -> None:
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    record = _record(tmp_path / "s.journal")
    record.append(told.trials, told)
    first = outcome_of(record.trials()[0])
    assert (first.kind, first.values, first.number) == (OutcomeKind.SCORED, [0.5, 10.0], 0)
    assert first.attributes == ANSWERS[0].attributes
    assert outcome_of(told.trials[4]).number == 0
    cache = OutcomeCache(record.trials())
    assert cache.notations == 4
    assert "1" in cache
    assert cache.get("c") is not None, "what could not be built is known by its notation"
    assert cache.get("9") is None


def test_ranking_leaves_out_unscored_trials() -> None:
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    assert [
        [t.number for t in front] for front in ranked_fronts(told.trials, told.directions)
    ] == [[0, 3]]
    assert [t.number for t in best(told.trials, told.directions, 1)] == [0]
    assert ranked_fronts([], told.directions) == []
    assert [t.number for t in told.trials if is_scored(t)] == [0, 3]


def test_notes_beside_the_trials(tmp_path: Path) -> None:
    record = _record(tmp_path / "s.journal")
    assert record.read("x") is None
    record.write("x", {"y": [1, 2]})
    record.spend("train", 1.0)
    record.spend("train", 2.0)
    again = _record(tmp_path / "s.journal")
    assert again.read("x") == {"y": [1, 2]}
    assert again.seconds() == {"train": 3.0}

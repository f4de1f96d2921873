from __future__ import annotations

import math
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import TrialState

from nas.study.answer import Answer, AnswerCache, Outcome, answer_of
from nas.study.record.ledger import Ledger, TrialCounts, is_scored
from nas.study.record.storage import open_storage
from nas.study.selection.pareto import best, ranked_fronts

if TYPE_CHECKING:
    from pathlib import Path


def _ledger(location: Path | str) -> Ledger:
    return Ledger(
        optuna.create_study(
            storage=open_storage(location),
            study_name="s",
            directions=["maximize", "minimize"],
            load_if_exists=True,
        )
    )


ANSWERS = [
    Answer(
        outcome=Outcome.SCORED,
        values=(0.5, 10.0),
        violations={"params<=20": -0.5},
        attributes={"architecture": "a", "hash": "1", "score": 0.5},
    ),
    Answer(
        outcome=Outcome.INFEASIBLE,
        values=(-math.inf, 30.0),
        violations={"params<=20": 0.5},
        attributes={"architecture": "b", "hash": "2"},
    ),
    Answer(outcome=Outcome.FAILED, attributes={"architecture": "c", "reason": "why"}),
    Answer(
        outcome=Outcome.SCORED,
        values=(0.4, 9.0),
        violations={"params<=20": -0.6},
        attributes={"architecture": "d", "hash": "4", "score": 0.4},
    ),
]


def _tell_all(study: optuna.Study) -> None:
    cache = AnswerCache()
    for answer in [*ANSWERS, *ANSWERS[:3]]:
        known = cache.get(str(answer.attributes.get("hash", answer.attributes["architecture"])))
        cache.learn((known or answer).tell(study.ask()))
    assert len(cache) == 4


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_record_and_restore(kind: str, tmp_path: Path) -> None:
    location = tmp_path / "s.journal" if kind == "journal" else f"sqlite:///{tmp_path}/s.db"
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    _ledger(location).append(told.trials, told, seconds=1.5)

    ledger = _ledger(location)
    assert [trial.state for trial in ledger.trials()] == [
        TrialState.COMPLETE,
        TrialState.COMPLETE,
        TrialState.FAIL,
        TrialState.COMPLETE,
    ]
    assert ledger.counts() == TrialCounts(
        total=7, complete=2, failed=1, duplicates=3, infeasible=1
    )
    assert ledger.seconds() == {"search": 1.5}

    again = optuna.create_study(directions=["maximize", "minimize"])
    ledger.restore(again)
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
        total=7, children=2, failed=1, duplicates=3, infeasible=1
    )


def test_answers_survive(tmp_path: Path) -> None:
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    ledger = _ledger(tmp_path / "s.journal")
    ledger.append(told.trials, told)
    first = answer_of(ledger.trials()[0])
    assert (first.outcome, first.values, first.number) == (Outcome.SCORED, [0.5, 10.0], 0)
    assert first.attributes == ANSWERS[0].attributes
    assert answer_of(told.trials[4]).number == 0
    cache = AnswerCache(ledger.trials())
    assert cache.notations == 4
    assert "1" in cache
    assert cache.get("c") is not None, "what could not be built is known by its notation"
    assert cache.get("9") is None


def test_ranking_leaves_out_what_was_not_scored() -> None:
    told = optuna.create_study(directions=["maximize", "minimize"])
    _tell_all(told)
    assert [
        [t.number for t in front] for front in ranked_fronts(told.trials, told.directions)
    ] == [[0, 3]]
    assert [t.number for t in best(told.trials, told.directions, 1)] == [0]
    assert ranked_fronts([], told.directions) == []
    assert [t.number for t in told.trials if is_scored(t)] == [0, 3]


def test_notes_beside_the_trials(tmp_path: Path) -> None:
    ledger = _ledger(tmp_path / "s.journal")
    assert ledger.read("x") is None
    ledger.write("x", {"y": [1, 2]})
    ledger.spend("train", 1.0)
    ledger.spend("train", 2.0)
    again = _ledger(tmp_path / "s.journal")
    assert again.read("x") == {"y": [1, 2]}
    assert again.seconds() == {"train": 3.0}

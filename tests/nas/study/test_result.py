from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna

from nas.analysis.cost import cost
from nas.space.candidate import candidate
from nas.study.finalists.effort import Effort
from nas.study.finalists.rivals import Lead
from nas.study.record.study_record import TrialCounts
from nas.study.result import Found, RivalResult, SearchResult
from nas.study.selection.trust import trust
from tests.nas.study.study_toys import toy_estimate, toy_space

CANDIDATE = candidate(toy_space(), {"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


def _found(**trained: Any) -> Found:
    return Found(
        candidate=CANDIDATE,
        name="#7",
        number=7,
        values=(-0.5,),
        estimate=toy_estimate(0.75, 0.5),
        cost=cost(CANDIDATE.graph),
        **trained,
    )


def test_an_architecture_as_json() -> None:
    found = _found(val_accuracy=0.875, test_accuracy=0.8125, epochs=30, start="default")
    document = found.to_dict()
    assert document["architecture"] == found.architecture == CANDIDATE.architecture
    assert document["score"] == found.score == -0.5
    assert document["estimate"] == {
        "accuracy": 0.75,
        "loss": 0.5,
        "brier": 0.25,
        "readout": 0.5 / 3,
        "naswot": 250.0,
    }
    assert document["trained"] == {
        "val_accuracy": 0.875,
        "test_accuracy": 0.8125,
        "epochs": 30,
        "init": "default",
        "splits": 1,
    }
    assert document["params"] == 4 * 9 + 4 * 10 + 10
    assert document["macs"] == 8 * 8 * 4 * 9 + 4 * 10
    assert json.loads(json.dumps(document)) == document


def test_what_was_not_trained_says_so() -> None:
    assert _found().to_dict()["trained"] is None
    finalist = _found(val_accuracy=0.5, epochs=3, start="predicted").to_dict()
    assert finalist["trained"] == {
        "val_accuracy": 0.5,
        "test_accuracy": None,
        "epochs": 3,
        "init": "predicted",
        "splits": 1,
    }


def test_a_baseline_has_neither_number_nor_score() -> None:
    baseline = replace(_found(), name="mine", number=None, values=(), estimate=None)
    document = baseline.to_dict()
    assert baseline.score is None
    assert (document["name"], document["number"], document["values"]) == ("mine", None, [])
    assert (document["score"], document["estimate"]) == (None, None)


def test_a_rival_as_json() -> None:
    lead = Lead(epochs=3, difference=0.1, error=0.025)
    rival = RivalResult(name="largest by MACs", kind="largest", found=_found(), lead=lead)
    document = rival.to_dict()
    assert (document["name"], document["kind"]) == ("largest by MACs", "largest")
    assert document["lead"] == {"epochs": 3, "difference": 0.1, "error": 0.025}
    assert document["number"] == 7
    assert replace(rival, lead=None).to_dict()["lead"] is None


def test_a_result_as_json() -> None:
    result = SearchResult(
        run=Path("runs/a"),
        study=optuna.create_study(study_name="s", direction="maximize"),
        best=_found(),
        pareto=(_found(),),
        finalists=(),
        best_model=None,
        trust=trust({"score": [0.7]}, [0.5]),
        trials=TrialCounts(total=11, complete=5, mutants=2, failed=1, duplicates=2, infeasible=1),
        probes=None,
        rivals=(RivalResult(name="toy", kind="known design", found=_found(), lead=None),),
        seconds={"search": 1.5},
        samples={"ranking": 22, "test": 54},
        rungs=(Effort(name="rung 1", architectures=9, epochs=3, equivalent_epochs=27.0),),
        files={"run": Path("runs/a/run.json")},
    )
    document = result.to_dict()
    assert json.loads(json.dumps(document)) == document
    assert (document["run"], document["study"]) == ("runs/a", "s")
    assert document["trials"] == {
        "total": 11,
        "complete": 5,
        "mutants": 2,
        "failed": 1,
        "duplicates": 2,
        "infeasible": 1,
    }
    assert document["best"] == document["pareto"][0] == _found().to_dict()
    assert [rival["name"] for rival in document["rivals"]] == ["toy"]
    assert document["files"] == {"run": "runs/a/run.json"}
    assert document["trust"] == {
        "probes": 1,
        "kendall_tau": {"score": None},
        "interval": {"score": None},
        "ranked_by": "score",
    }
    assert document["rungs"] == [
        {
            "name": "rung 1",
            "architectures": 9,
            "epochs": 3,
            "equivalent_epochs": 27.0,
            "splits": 1,
        }
    ]
    assert document["stopped"] == ""

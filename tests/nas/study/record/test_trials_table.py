from __future__ import annotations

import csv
import io

from optuna.trial import TrialState, create_trial

from nas.study.goals.constraints import parse_constraints
from nas.study.record.trained import Training
from nas.study.record.trials_table import trials_csv


def test_one_line_for_each_trial() -> None:
    scored = create_trial(
        value=-0.5,
        user_attrs={
            "outcome": "scored",
            "architecture": '{"a":1,"b":"x"}',
            "hash": "f0",
            "score": -0.5,
            "accuracy": 0.25,
            "loss": 0.5,
            "brier": 0.125,
            "naswot": 310.5,
            "shortest_path": 4,
            "params": 10,
        },
        constraints={"params<=20": -0.5},
    )
    failed = create_trial(
        state=TrialState.FAIL,
        user_attrs={"outcome": "failed", "architecture": "{}", "reason": 'two\nlines, "quoted"'},
    )
    trained = {"f0": Training(hash="f0", epochs=9, start="default", val_accuracy=0.75)}
    text = trials_csv([scored, failed], parse_constraints(["params<=20"]), trained)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["architecture"] == '{"a":1,"b":"x"}'
    assert rows[0]["params<=20"] == "-0.5"
    assert (rows[0]["score"], rows[0]["params"], rows[0]["macs"]) == ("-0.5", "10", "")
    assert (rows[0]["brier"], rows[0]["naswot"]) == ("0.125", "310.5")
    assert rows[0]["shortest_path"] == "4"
    assert (rows[0]["epochs"], rows[0]["val_accuracy"]) == ("9", "0.75")
    assert (rows[1]["epochs"], rows[1]["val_accuracy"]) == ("", "")
    assert rows[1]["outcome"] == "failed"
    assert rows[1]["reason"] == 'two\nlines, "quoted"'

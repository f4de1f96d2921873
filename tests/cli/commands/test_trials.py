from __future__ import annotations

import json
from pathlib import Path

from tests.cli.program import ON_DIGITS, nas


def test_json_is_all_trials_in_order_with_numbers_as_numbers(finished):
    answer = nas("trials", finished, "--json")

    assert (answer.code, answer.err) == (0, "")
    assert [row["number"] for row in answer.document] == [0, 1, 2, 3, 4, 5]
    for row in answer.document:
        assert isinstance(row["params"], int)
        assert isinstance(row["activation_bytes"], int)
        assert isinstance(row["loss"], float)
        assert isinstance(row["architecture"], str)
        assert row["reason"] is None


def test_the_table_shows_the_best_first(finished):
    answer = nas("trials", finished)
    head, *lines, blank, summary = answer.out.splitlines()
    scores = [float(line.split()[1]) for line in lines]

    assert head.split() == (
        [
            "trial",
            "score",
            "accuracy",
            "loss",
            "epochs",
            "val",
            "accuracy",
            "params",
            "MACs",
            "hash",
            "architecture",
        ]
    )
    assert all(line.split()[0].startswith("#") for line in lines)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    assert blank == ""
    assert summary == "6 of 6 scored candidates, 6 trials"


def test_the_number_of_rows_can_be_limited(finished):
    assert "2 of 6 scored candidates" in nas("trials", finished, "--top", 2).out
    assert "6 of 6 scored candidates" in nas("trials", finished, "--top", 0).out


def test_infeasible_trials_are_in_the_json_with_their_violation(hypernet):
    limit = ("--constraint", "params<=6000", "--sampler", "random", "--seed", 1)
    lengths = ("--n-trials", 3, "--finalists", 0, "--max-epochs", 0, "--images", 16)
    nas("search", *ON_DIGITS, "--weights", hypernet, *lengths, *limit, "--out", "run")
    trials = nas("trials", "run", "--json").document
    infeasible = [row for row in trials if row["outcome"] == "infeasible"]

    assert infeasible
    for row in infeasible:
        assert row["score"] is None
        assert row["params<=6000"] > 0
    assert nas("trials", "run").code == 0


def test_a_folder_without_trials_is_an_error():
    answer = nas("trials", "none")

    assert (answer.code, answer.out) == (1, "")
    assert "no trials in 'none'" in answer.error


def test_what_was_trained_has_its_accuracy_in_the_table_and_in_json(finished):
    result = json.loads((finished / "result.json").read_text())
    trained = {found["number"]: found["trained"] for found in result["finalists"]}
    assert len(trained) >= 2
    for row in nas("trials", finished, "--json").document:
        known = trained.get(row["number"], {"epochs": None, "val_accuracy": None})
        assert (row["epochs"], row["val_accuracy"]) == (known["epochs"], known["val_accuracy"])
    lines = nas("trials", finished).out.splitlines()
    for number, known in trained.items():
        (line,) = (line for line in lines if line.split()[:1] == [f"#{number}"])
        assert f"  {known['epochs']}" in line
        assert f"{known['val_accuracy']:.2%}" in line


def test_a_table_of_an_earlier_version_lacks_what_was_trained():
    run = Path(__file__).parents[2] / "golden" / "written" / "run"
    assert "–" in nas("trials", run).out

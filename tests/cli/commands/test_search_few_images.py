"""``nas search`` on a folder of few images."""

from __future__ import annotations

import json
from pathlib import Path

from nas.metric import accuracy_error
from tests.cli.program import SPACE, nas

SHORT = ("--n-trials", 2, "--finalists", 1, "--finalist-epochs", 1, "--max-epochs", 2)


def test_brief_trainings_are_repeated_and_accuracies_shown_with_their_errors(images):
    words = ("search", *SPACE, "--dataset", images, "--weights", "none", *SHORT, "--out", "run")
    answer = nas(*words)
    assert answer.code == 0, answer.err
    result = json.loads(Path("run/result.json").read_text())
    best = result["best"]["trained"]

    assert "The ranking split has 4 images" in answer.err
    assert result["samples"] == {"ranking": 4, "test": 8}
    assert [effort["splits"] for effort in result["rungs"]] == [1, 3, 1]
    assert best["splits"] == 1
    assert {one["trained"]["splits"] for one in result["finalists"][1:]} <= {1, 3}
    error = 100 * accuracy_error(best["test_accuracy"], 8)
    assert f"{100 * best['test_accuracy']:.2f}% ± {error:.2f}" in answer.out
    assert " x 1 on 3 splits, 2 x 2 epochs" in answer.out

    again = nas(*words)
    assert "already finished" in again.err
    assert again.out == answer.out


def test_the_number_of_splits_may_be_chosen(images):
    words = ("search", *SPACE, "--dataset", images, "--weights", "none", *SHORT, "--splits", 1)
    rungs = nas(*words, "--json").document["rungs"]

    assert [effort["splits"] for effort in rungs] == [1, 1, 1]
    assert "splits must be at least 1, got 0" in nas(*words, "--splits", 0).error

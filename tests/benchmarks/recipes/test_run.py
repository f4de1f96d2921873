from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

from benchmarks.recipes import run
from benchmarks.recipes.tasks import TASKS, long_tailed
from nas.data.catalog import load


def test_a_long_tail_falls_in_equal_ratios_and_the_test_split_stays():
    data = load("digits")
    tailed = long_tailed(data, 8)
    before, counts = (one.train.labels.bincount(minlength=10) for one in (data, tailed))
    shares = counts / before
    assert shares[0] == 1
    assert all(abs(shares[i + 1] / shares[i] - 8 ** (-1 / 9)) < 0.05 for i in range(9))
    assert (tailed.test.labels == data.test.labels).all()
    assert len(tailed.val) < len(data.val)


def test_a_training_is_done_once_and_compared_with_the_plain_one(tmp_path, monkeypatch):
    monkeypatch.setitem(TASKS, "digits-knn", replace(TASKS["digits-knn"], epochs=2))
    file = tmp_path / "results.json"
    words = ("--tasks", "digits-knn", "--seeds", "0", "--out", str(file))
    with redirect_stdout(StringIO()):
        run.main([*words, "--arms", "plain"])
    document = json.loads(file.read_text())
    document["digits-knn"]["plain"]["0"]["test"] = 0.25  # would not be measured twice
    file.write_text(json.dumps(document))
    with redirect_stdout(StringIO()) as text:
        run.main([*words, "--arms", "plain", "adamw"])
    rows = json.loads(file.read_text())["digits-knn"]
    over = 100 * (rows["adamw"]["0"]["test"] - 0.25)
    (line,) = (one for one in text.getvalue().splitlines() if "| adamw |" in one)
    assert f"| {over:+.1f} |" in line

from __future__ import annotations

import math

import pytest

from benchmarks.ranking.row import Row, kept
from benchmarks.ranking.summary import markdown, summarise


def row(values, **changes):
    return Row(**{"score": "MACs", "values": values, "cell_seconds": 0.5, **changes})


def test_mean_and_spread_over_samples():
    truth = [0.1, 0.2, 0.3]
    (line,) = summarise([(truth, [row([1, 2, 3])]), (truth, [row([1, 3, 2])])])
    assert line.mean("kendall") == pytest.approx((1 + 1 / 3) / 2)
    assert line.spread("kendall") == pytest.approx(1 - 1 / 3)
    assert line.mean("top1") == pytest.approx(0.25)


def test_a_row_may_cover_the_first_architectures_only():
    (line,) = summarise([([0.1, 0.2, 0.9], [row([1, 2])])])
    assert (line.mean("kendall"), line.mean("top10")) == (1, 0.2)


def test_what_is_undefined_in_one_sample_has_no_mean():
    truth = [0.1, 0.2]
    (line,) = summarise([(truth, [row([1, 1])]), (truth, [row([1, 2])])])
    assert math.isnan(line.mean("kendall"))


def test_scores_of_the_same_name_and_other_weights_are_apart():
    rows = [row([1, 2]), row([2, 1], weights="random")]
    lines = summarise([([0.1, 0.2], rows)])
    assert [line.mean("kendall") for line in lines] == [1, -1]


def test_the_table():
    text = markdown(summarise([([0.1, 0.9], [row([1, 2], steps=7, training_seconds=60)])]))
    assert text.splitlines()[-1] == (
        "| MACs | – | 1.000 (0.000) | nan (nan) | 1.000 (0.000) | 1.000 (0.000) "
        "| 90.00 (0.00) | 90.00 (0.00) | 7 | 60 | 0.5 |"
    )


def test_finished_rows_are_read_and_not_made_again(tmp_path):
    rows = [row([1.5, None], weights="random", steps=3)]
    assert kept(tmp_path / "part.json", lambda: rows) == rows
    assert kept(tmp_path / "part.json", lambda: pytest.fail("made again")) == rows

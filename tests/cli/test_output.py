from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from cli.output import count, emit_json, pairs, percent, quality, table
from nas.metric import METRICS

GENOTYPE = '{"normal":[[["sep_conv_3x3",0],["[bold]",1]]]}' * 8


def test_json_holds_paths_as_text_and_non_finite_numbers_as_null(capsys):
    emit_json({"path": Path("a/b"), "loss": math.nan, "worst": -math.inf, "all": (1, 0.5, None)})

    document = json.loads(capsys.readouterr().out)
    assert document == {"path": "a/b", "loss": None, "worst": None, "all": [1, 0.5, None]}


def test_a_table_in_a_pipe_holds_long_cells_whole_and_no_trailing_blanks(capsys):
    table(("trial", "architecture"), [("7", GENOTYPE), ("12", "short")])

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["trial  architecture", f"    7  {GENOTYPE}", "   12  short"]


def test_a_table_on_a_terminal_is_no_wider_than_it(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    table(("trial", "architecture"), [("7", GENOTYPE)])

    head, row = capsys.readouterr().out.splitlines()
    assert head == "trial  architecture"
    assert row == f"    7  {GENOTYPE[:32]}…"


def test_a_table_without_rows_is_its_head(capsys):
    table(("space", "size"), [])

    assert capsys.readouterr().out == "space  size\n"


def test_pairs_stand_in_line(capsys):
    pairs({"a": 1, "long name": "x"})

    assert capsys.readouterr().out == "a          1\nlong name  x\n"


@pytest.mark.parametrize(("share", "text"), [(0.97314, "97.31%"), (1.0, "100.00%"), (None, "–")])
def test_shares_are_shown_in_percent(share, text):
    assert percent(share) == text


def test_counts_are_grouped_by_thousands():
    assert count(3349342.0) == "3,349,342"


def test_names_from_files_do_not_control_the_terminal(capsys):
    table(("trial", "architecture"), [("7", "a\x1b[2J\rb")])
    pairs({"file": "caf\udce9", "cut": "\x9b31m"}, cut=("cut",))

    assert capsys.readouterr().out.splitlines()[1:] == [
        r"    7  a\x1b[2J\rb",
        r"file  caf\udce9",
        r"cut   \x9b31m",
    ]


def test_a_value_of_the_metric_is_shown_with_its_standard_error():
    accuracy, explained = METRICS["image-classification"], METRICS["image-regression"]

    assert quality(0.9, accuracy) == "90.00%"
    assert quality(0.9, accuracy, 400) == "90.00% ± 1.51"
    assert quality(0.5, explained, 800) == "0.500 ± 0.025"
    assert quality(None, accuracy, 400) == "–"
    assert quality(math.nan, accuracy, 400) == "nan%"
    assert quality(0.9, accuracy, 0) == "90.00%"


def test_values_with_their_errors_stand_right_aligned(capsys):
    table(("val",), [("90.00% ± 1.51",), ("9.00% ± 1.44",), ("–",)])

    assert capsys.readouterr().out.splitlines()[1:] == [
        "90.00% ± 1.51",
        " 9.00% ± 1.44",
        "            –",
    ]

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.short_name import find_trial, notation_of, run_of, split_name
from nas.errors import StudyError, UnknownNameError
from tests.cli.program import ARCHITECTURE, nas

RUN = Path(__file__).parents[1] / "golden" / "written" / "run"


def test_a_name_is_a_run_and_a_trial_or_a_hash(tmp_path: Path) -> None:
    assert split_name("runs/a#78") == (Path("runs/a"), "78")
    assert split_name("runs/a#b#0a1b2c") == (Path("runs/a#b"), "0a1b2c")
    for text in ("runs/a", "#78", '{"a":"#"}', ARCHITECTURE, "runs/a#X", ""):
        assert split_name(text) is None
        assert run_of(text) == Path(text)
    assert run_of("runs/a#78") == Path("runs/a")
    (tmp_path / "a#1").mkdir()
    assert split_name(str(tmp_path / "a#1")) is None


def test_a_trial_is_found_by_number_and_by_hash() -> None:
    row = find_trial(RUN, "5")
    assert row["number"] == "5"
    for name in ("#5", row["hash"], row["hash"][:6]):
        assert find_trial(RUN, name) == row
    assert notation_of(RUN, "5") == row["architecture"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("99", "has no trial 99; it has 20 trials"),
        ("abcde", "at least 6 characters of a hash, got 'abcde'"),
        ("abcdef", "has no hash that begins with 'abcdef'"),
        ("123456", "has no hash that begins with '123456'"),
    ],
)
def test_unknown_names_say_how_to_see_the_known_ones(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message) as caught:
        find_trial(RUN, name)
    assert "nas trials" in caught.value.hint


def test_hashes_that_begin_alike_are_refused(tmp_path: Path) -> None:
    run = shutil.copytree(RUN, tmp_path / "run")
    first, second = (find_trial(RUN, name)["hash"] for name in ("5", "4"))
    table = (run / "trials.csv").read_text()
    (run / "trials.csv").write_text(table.replace(second, f"{first[:8]}{second[8:]}"))
    with pytest.raises(UnknownNameError, match="has 2 architectures whose hashes begin with"):
        find_trial(run, first[:6])
    assert find_trial(run, first[:10])["number"] == "5"


def test_a_trial_that_failed_says_why(tmp_path: Path) -> None:
    run = shutil.copytree(RUN, tmp_path / "run")
    table = (run / "trials.csv").read_text().splitlines()
    row = table[2].replace("scored", "failed") + "it is too deep"
    (run / "trials.csv").write_text("\n".join([*table[:2], row, *table[3:]]))
    with pytest.raises(StudyError, match=r"trial 1 of the run .* failed: it is too deep"):
        notation_of(run, "1")


def test_commands_take_an_architecture_of_a_run_by_its_short_name(
    finished: Path, hypernet: Path
) -> None:
    row = nas("trials", finished, "--json").document[2]
    assert row["number"] == 2
    words = ("--evaluate", "--out", "weights.safetensors", "--json")
    by_name = nas("predict", f"{finished}#2", "--weights", hypernet, *words)
    assert by_name.code == 0, by_name.err
    assert by_name.document["parameters"] == row["params"]
    answer = nas("train", f"{finished}#{row['hash'][:6]}", "--max-epochs", 1, "--out", "trained")
    assert answer.code == 0, answer.err
    assert f"{row['params']:,} parameters" in answer.out
    answer = nas("train", f"{finished}#77", "--max-epochs", 1)
    assert (answer.code, "has no trial 77" in answer.error) == (2, True)
    assert "no trials in 'none'" in nas("train", "none#7").error

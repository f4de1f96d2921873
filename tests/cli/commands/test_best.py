from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

from cli.main import run as run_program
from tests.cli.program import SCORES_ONLY, SPACE, nas


def test_json_is_the_best_of_the_result_with_its_files(finished):
    answer = nas("best", finished, "--json")
    result = json.loads((finished / "result.json").read_text())

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["files"] == result["files"]
    assert answer.document.items() >= result["best"].items()


def test_lines_for_people_name_architecture_accuracy_and_model(finished):
    answer = nas("best", finished)
    best = json.loads((finished / "result.json").read_text())["best"]

    assert best["architecture"] in answer.out
    assert f"{100 * best['trained']['test_accuracy']:.2f}%" in answer.out
    assert str(finished / "best" / "model.py") in answer.out


def test_a_best_that_was_never_trained_has_no_accuracies(hypernet):
    words = ("--n-trials", 2, *SCORES_ONLY, "--out", "run")
    nas("search", *SPACE, "--weights", hypernet, *words)

    assert nas("best", "run", "--json").document["trained"] is None
    assert "test accuracy  –" in nas("best", "run").out


def test_a_run_that_found_nothing_says_why(hypernet):
    words = ("--n-trials", 2, *SCORES_ONLY, "--constraint", "params<=10", "--timeout", 0.05)
    assert nas("search", *SPACE, "--weights", hypernet, *words, "--out", "run").code == 3
    for flags in ((), ("--json",)):
        answer = nas("best", "run", *flags)

        assert (answer.code, answer.out) == (1, "")
        assert "the run in 'run' has found nothing: nothing in space 'nb201'" in answer.error
        assert "satisfied params<=10" in answer.error


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_cuts_a_long_notation_and_no_path(finished, tmp_path, monkeypatch):
    run = shutil.copytree(finished, tmp_path / "run")
    result = json.loads((run / "result.json").read_text())
    result["best"]["architecture"] = "|nor_conv_3x3~0|" * 40
    (run / "result.json").write_text(json.dumps(result))
    monkeypatch.setenv("COLUMNS", "60")
    piped = nas("best", run).out.splitlines()
    with redirect_stdout(Terminal()) as out:
        run_program(["best", str(run)])
    shown = out.getvalue().splitlines()

    assert piped[0].endswith("|nor_conv_3x3~0|" * 40)
    assert len(shown[0]) == 60
    assert shown[0].endswith("…")
    assert shown[1:] == piped[1:]


def test_a_folder_that_is_no_run_is_an_error():
    Path("empty").mkdir()
    for name in ("empty", "none"):
        answer = nas("best", name)

        assert (answer.code, answer.out) == (1, "")
        assert f"no run in '{name}'" in answer.error


def test_a_corrupt_run_is_an_error(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    (run / "run.json").write_text("{")
    answer = nas("best", run)

    assert answer.code == 1
    assert "run.json' is not a run of this program" in answer.error

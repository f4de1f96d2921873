from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

from cli.main import run as run_program
from nas.graph.graph import Graph
from nas.metric import accuracy_error
from tests.cli.program import ON_DIGITS, SCORES_ONLY, nas


def test_json_is_the_best_of_the_result_with_its_files(finished):
    answer = nas("best", finished, "--json")
    result = json.loads((finished / "result.json").read_text())

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["files"] == result["files"]
    assert answer.document.items() >= result["best"].items()


def test_lines_for_people_name_architecture_accuracy_and_model(finished):
    answer = nas("best", finished)
    result = json.loads((finished / "result.json").read_text())
    best = result["best"]

    assert best["architecture"] in answer.out
    for split, name in (("test", "test"), ("val", "ranking")):
        accuracy = best["trained"][f"{split}_accuracy"]
        error = 100 * accuracy_error(accuracy, result["samples"][name])
        assert f"{split} accuracy {100 * accuracy:.2f}% ± {error:.2f}" in " ".join(
            answer.out.split()
        )
    assert str(finished / "best" / "model.py") in answer.out


def test_the_best_of_a_run_of_an_earlier_version_has_no_errors(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    result = json.loads((run / "result.json").read_text())
    del result["samples"]
    del result["best"]["trained"]["splits"]
    (run / "result.json").write_text(json.dumps(result))
    answer = nas("best", run)

    assert answer.code == 0, answer.err
    assert "±" not in answer.out
    assert nas("best", run, "--json").document["samples"] is None


def test_a_best_that_was_never_trained_has_no_accuracies(hypernet):
    words = ("--n-trials", 2, *SCORES_ONLY, "--out", "run")
    nas("search", *ON_DIGITS, "--weights", hypernet, *words)

    assert nas("best", "run", "--json").document["trained"] is None
    assert "test accuracy  –" in nas("best", "run").out


def test_a_run_that_found_nothing_says_why(hypernet):
    words = ("--n-trials", 2, *SCORES_ONLY, "--constraint", "params<=10", "--timeout", 0.05)
    assert nas("search", *ON_DIGITS, "--weights", hypernet, *words, "--out", "run").code == 3
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


def test_another_trial_is_shown_in_full(finished):
    row = nas("trials", finished, "--json").document[2]
    assert nas("best", finished, "--trial", 2, "--json").document == {**row, "files": {}}
    assert nas("best", finished, "--trial", row["hash"][:6], "--json").document["number"] == 2
    shown = nas("best", finished, "--trial", "#2").out
    assert row["architecture"] in shown
    assert row["hash"] in shown
    assert shown.splitlines()[0].split() == ["number", "#2"]


def test_the_graph_of_a_trial_is_written(finished, tmp_path):
    row = nas("trials", finished, "--json").document[2]
    answer = nas("best", finished, "--trial", 2, "--out", tmp_path / "graphs" / "two.json")
    graph = Graph.from_json((tmp_path / "graphs" / "two.json").read_text())

    assert answer.code == 0, answer.err
    assert "two.json" in answer.out
    assert graph.hash() == row["hash"]
    nas("best", finished, "--out", "best.json")
    best = (finished / "best" / "architecture.json").read_text()
    assert Graph.from_json(Path("best.json").read_text()).hash() == Graph.from_json(best).hash()


def test_pareto_members_are_listed_and_exported_the_trained_one_with_its_model(hypernet):
    goals = ("--objective", "score:max", "--objective", "naswot:min")
    lengths = ("--n-trials", 6, "--finalists", 1, "--finalist-epochs", 1, "--max-epochs", 1)
    words = (*ON_DIGITS, "--weights", hypernet, *goals, *lengths, "--images", 32)
    assert nas("search", *words, "--out", "run").code == 0
    result = json.loads(Path("run/result.json").read_text())
    lines = nas("best", "run", "--pareto", "--out", "front").out.splitlines()

    assert len(result["pareto"]) > 1
    assert lines[0].split()[:4] == ["trial", "hash", "score", "naswot"]
    for found, line in zip(result["pareto"], lines[1:], strict=False):
        folder = Path("front") / f"{found['number']}-{found['hash'][:8]}"
        graph = Graph.from_json((folder / "architecture.json").read_text())
        assert graph.hash() == found["hash"]
        assert (folder / "model.safetensors").exists() == (found["hash"] == result["best"]["hash"])
        assert line.split()[:2] == [f"#{found['number']}", found["hash"][:8]]
    document = nas("best", "run", "--pareto", "--json", "--out", "front").document
    assert all("architecture" in found["files"] for found in document)


def test_a_space_that_builds_another_network_is_refused(finished):
    words = ("--trial", 2, "--space", "nb201:channels=8,cells=1", "--out", "graph.json")
    answer = nas("best", finished, *words)

    assert answer.code == 1
    assert "does not build the network that the run" in answer.error
    assert not Path("graph.json").exists()


def test_wrong_usage_of_best_is_refused(finished):
    assert nas("best", finished, "--trial", 2, "--pareto").code == 2
    assert "does not end with .json" in nas("best", finished, "--out", "graph.svg").error
    assert "has no trial 77" in nas("best", finished, "--trial", 77).error


def test_a_baseline_that_won_has_a_name_and_no_estimate(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    result = json.loads((run / "result.json").read_text())
    result["best"] |= {"name": "resnet", "number": None, "estimate": None}
    (run / "result.json").write_text(json.dumps(result))
    answer = nas("best", run, "--out", "graph.json")

    assert answer.code == 0, answer.err
    assert "estimate" not in answer.out
    assert f"resnet, hash {result['best']['hash'][:8]}" in answer.out
    assert Graph.from_json(Path("graph.json").read_text()).hash() == result["best"]["hash"]

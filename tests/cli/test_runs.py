from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cli.runs import read_result, read_settings, read_trials
from nas.errors import StudyError


@pytest.fixture
def run(finished, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(finished, tmp_path / "run")


def test_the_files_of_a_run_that_was_moved_are_where_it_lies_now(run):
    result = read_result(run)

    assert result["run"] == str(run)
    assert result["files"]["model"] == str(run / "best" / "model.py")
    assert result["files"]["trials"] == str(run / "trials.csv")


def test_all_trials_are_read_in_order(run):
    assert [row["number"] for row in read_trials(run)] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("read", [read_result, read_trials])
def test_a_folder_that_is_no_run_says_how_to_make_one(read, tmp_path):
    with pytest.raises(StudyError) as caught:
        read(tmp_path)

    assert str(tmp_path) in caught.value.message
    assert "nas search --out" in caught.value.hint


def test_a_run_that_has_not_finished_says_how_to_go_on(run):
    (run / "result.json").unlink()
    with pytest.raises(StudyError, match="has not finished") as caught:
        read_result(run)

    assert "Repeat its command" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("run.json", b"{", read_result),
        ("run.json", b'{"format": "nas-run"}', read_result),
        ("run.json", b'{"format": "other"}', read_result),
        ("run.json", b"\xff\xfe", read_result),
        ("result.json", b"{", read_result),
        ("result.json", b"[]", read_result),
        ("result.json", b"{}", read_result),
        ("result.json", b"\xff\xfe", read_result),
        ("trials.csv", b"a,b\n1,2\n", read_trials),
        ("trials.csv", b"\xff\xfe\n1\n", read_trials),
    ],
)
def test_a_damaged_file_is_named(name, content, read, run):
    (run / name).write_bytes(content)
    with pytest.raises(StudyError, match=name) as caught:
        read(run)

    assert caught.value.hint


def test_the_settings_of_a_run_read_as_its_options_do(run):
    settings = read_settings(run)

    assert settings["space"] == "nb201:channels=4,cells=1,reduction=residual,resolution=8"
    assert (settings["dataset"], settings["weights"]) == ("digits", "tiny")


def test_weights_that_lie_in_the_run_are_found_there(run):
    (run / "tiny").mkdir()

    assert read_settings(run)["weights"] == str(run / "tiny")


@pytest.mark.parametrize("name", ["|none~0|", "folder", "", "x" * 5000])
def test_what_is_no_run_has_no_settings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()

    assert read_settings(Path(name)) == {}


def test_settings_of_a_damaged_run_are_refused(run):
    document = json.loads((run / "run.json").read_text())
    del document["identity"]["space"]
    (run / "run.json").write_text(json.dumps(document))
    with pytest.raises(StudyError, match=r"run\.json' is damaged"):
        read_settings(run)

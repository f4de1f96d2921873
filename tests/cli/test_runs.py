from __future__ import annotations

import json
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.runs import read_result, read_settings, read_trials
from cli.space import find_space
from hypernets.cards import shipped as shipped_hypernets
from nas.data.catalog import DATASETS
from nas.errors import ConfigError, NasError, StudyError
from nas.task.task import Task
from tests.cli.program import nas

SHIPPED = [shipped_hypernets().get(name) for name in shipped_hypernets()]


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


def change(run, **settings):
    """Change the recorded settings of a run."""
    document = json.loads((run / "run.json").read_text())
    document["identity"] |= settings
    (run / "run.json").write_text(json.dumps(document))


def test_the_settings_of_a_run_read_as_its_options_do(run, shipped):
    settings = read_settings(run)

    assert settings["space"] == "nb201:channels=4,cells=1,reduction=residual,resolution=8"
    assert (settings["dataset"], settings["weights"]) == ("digits", str(shipped))


def test_weights_that_lie_in_the_run_are_found_there(run):
    (run / "tiny").mkdir()

    assert read_settings(run)["weights"] == str(run / "tiny")


def test_only_the_wanted_settings_are_read(run):
    change(run, space={"name": "r/x.py:build"}, weights=None)

    assert read_settings(run, ["dataset"]) == {"dataset": "digits"}


@pytest.mark.parametrize(
    ("setting", "name", "typed"),
    [
        ("space", "my_space", "--space FILE.py:NAME, such as my_space.py:build."),
        ("space", "my_space-other", "such as my_space.py:other."),
        ("space", "run/x.py:build", "--space FILE.py:NAME."),
        ("dataset", "images", "--dataset PATH."),
        ("dataset", "/etc", "--dataset PATH."),
        ("weights", "../hypernet", "--weights DIR."),
        ("weights", "", "--weights DIR."),
        ("weights", "..", "--weights DIR."),
    ],
)
def test_a_recorded_name_that_is_not_registered_must_be_given(setting, name, typed, run):
    (run.parent / "hypernet").mkdir()
    Path("images").mkdir()
    Path("run", "x.py").write_text("1 / 0")
    known = json.loads((run / "run.json").read_text())["identity"][setting]
    change(run, **{setting: {**known, "name": name}})
    with pytest.raises(ConfigError, match=re.escape(repr(name))) as caught:
        read_settings(run)

    assert caught.value.hint.endswith(typed)


_HOSTILE = st.sampled_from(
    ("run/x.py:build", "x.py:build", "nb201:x.py:build:", "a.py:b", "../x", "nb201", "digits", "")
)
_TEXTS = _HOSTILE | st.text(max_size=12) | st.builds("{}{}{}".format, *3 * (_HOSTILE,))
_SIZES = st.dictionaries(
    _TEXTS, st.none() | st.booleans() | st.integers() | st.lists(_TEXTS) | _TEXTS, max_size=3
)


@settings(max_examples=40, deadline=None)
@given(space=_TEXTS, sizes=_SIZES, dataset=_TEXTS, weights=_TEXTS, resolution=_TEXTS | st.none())
def test_nothing_a_run_records_is_ever_executed(space, sizes, dataset, weights, resolution):
    recorded = {"name": space, "task": {"resolution": resolution}, **sizes}
    document = {"space": recorded, "dataset": {"name": dataset}, "weights": {"name": weights}}
    with tempfile.TemporaryDirectory(dir=".") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "cli.user_code.loading.load", lambda place: pytest.fail(f"{place} was loaded")
        )
        run = {"format": "nas-run", "identity": document}
        Path(folder, "run.json").write_text(json.dumps(run))
        for setting in ("space", "dataset", "weights"):
            with suppress(NasError):
                found = read_settings(Path(folder), [setting])[setting]
                if setting == "space":
                    find_space(found, Task(classes=10, channels=1, resolution=8))
                elif setting == "dataset":
                    assert found in DATASETS
                else:
                    assert Path(found).parent == Path(folder) or found in map(str, SHIPPED)


@pytest.mark.parametrize("command", ["predict", "train", "best", "trials"])
def test_a_file_that_a_run_names_is_executed_only_if_it_is_typed(command, run, hypernet):
    file = run / "evil.py"
    file.write_text(
        "import pathlib; pathlib.Path('pwned').touch()\ndef build(trial, data):\n    pass\n"
    )
    for name in (f"{file}:build", "nb201"):
        space = {"name": name, "task": {"resolution": 8}, f"{file}:build:x": 1}
        change(run, space=space)
        answer = nas(command, run, *(("--max-epochs", 1) if command == "train" else ()))
        assert "Traceback" not in answer.err
        assert not Path("pwned").exists()
    if command == "predict":
        typed = ("--space", f"{file}:build", "--weights", hypernet)
        assert nas(command, run, *typed).code == 0
        assert Path("pwned").exists()


@pytest.mark.parametrize("name", ["|none~0|", "folder", "", "x" * 5000])
def test_a_folder_without_a_run_has_no_settings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()

    assert read_settings(Path(name)) == {}


def test_settings_of_a_damaged_run_are_refused(run):
    document = json.loads((run / "run.json").read_text())
    del document["identity"]["space"]
    (run / "run.json").write_text(json.dumps(document))
    with pytest.raises(StudyError, match=r"run\.json' is damaged"):
        read_settings(run)

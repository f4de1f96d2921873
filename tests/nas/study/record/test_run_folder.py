from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nas.errors import StudyError
from nas.files import write_json, write_text
from nas.study.record.run_folder import RunFolder
from nas.study.selection.trust import trust

if TYPE_CHECKING:
    from pathlib import Path


def test_run_document(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "run")
    with folder.in_use():
        assert folder.read_identity() is None
        folder.write_run({"n_trials": 3}, {"seed": 0})
        assert folder.read_identity() == {"seed": 0}
    document = json.loads(folder.run.read_text())
    assert document["configuration"] == {"n_trials": 3}
    assert {"python", "torch", "optuna", "numpy"} <= set(document["versions"])


def test_what_to_trust_stands_beside_the_configuration(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_run({"seed": 1}, {"space": "toy"})
    folder.note_trust(trust({"score": [1.0, 2.0, 3.0]}, [0.1, 0.3, 0.2]))
    document = folder.read_run()
    assert document is not None
    assert document["configuration"] == {"seed": 1}
    assert document["trust"]["kendall_tau"] == {"score": pytest.approx(1 / 3)}


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.in_use(), pytest.raises(StudyError, match="in use"), folder.in_use():
        pass
    with folder.in_use():
        pass


def test_what_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StudyError, match="cannot make"),
        RunFolder(tmp_path / "file" / "x").in_use(),
    ):
        pass
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(StudyError, match="not a run of this program"):
        RunFolder(tmp_path).read_identity()
    (tmp_path / "run.json").write_text('{"format": "other"}')
    with pytest.raises(StudyError, match="not a run of this program"):
        RunFolder(tmp_path).read_identity()


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.json"
    write_json(path, {"a": 1})
    write_text(path, "b\n")
    assert path.read_text() == "b\n"
    assert list(path.parent.iterdir()) == [path]

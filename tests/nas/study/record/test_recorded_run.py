from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from nas.errors import StudyError
from nas.study.record.recorded_run import read_run, run_of
from tests.nas.study.study_toys import toy_search

EARLIER = Path(__file__).parents[3] / "golden/written/run"


@pytest.fixture
def folder(searched, tmp_path):
    """A copy of a finished run, in another place, that may be changed."""
    return shutil.copytree(searched.run, tmp_path / "moved")


def test_a_folder_holds_what_the_search_has_returned(searched, folder):
    run = read_run(folder)

    assert run.result is not None
    assert run.best == searched.best.candidate.hash
    assert run.label(str(run.best)) == searched.best.name
    assert {run.label(hash_) for hash_ in run.longest} == {f.name for f in searched.finalists}
    assert run.trust == searched.trust
    assert run.result.efforts == searched.rungs
    assert run.result.samples == searched.samples
    assert [str(objective) for objective in run.objectives] == ["score:max"]
    assert len(run.scored) == searched.trials.complete + searched.trials.mutants


def test_the_record_behind_a_result_is_that_in_its_folder(searched):
    mine, theirs = run_of(searched), read_run(searched.run)

    assert mine.result is not None
    assert theirs.result is not None
    verdict = theirs.result.verdict
    assert verdict
    assert asdict(mine.result) | {"verdict": verdict} == asdict(theirs.result)
    assert mine.longest == theirs.longest
    assert mine.configuration == theirs.configuration


def test_probes_are_the_trainings_that_the_search_has_made_for_its_mean(searched):
    probes = run_of(searched).probes

    assert len(probes) == searched.probes.architectures == 2
    accuracies = [training.val_accuracy for training in probes]
    assert sum(accuracies) / 2 == pytest.approx(searched.probes.mean)


def test_rungs_hold_all_trainings_by_length(searched):
    rungs = run_of(searched).rungs

    assert [rung[0].epochs for rung in rungs] == [1, 2]
    assert len(rungs[0]) == searched.rungs[1].architectures
    for rung in rungs:
        accuracies = [training.val_accuracy for training in rung]
        assert accuracies == sorted(accuracies, reverse=True)


def test_an_unfinished_run_has_its_trials_and_trainings_and_no_probes(searched, folder):
    (folder / "result.json").unlink()
    run = read_run(folder)

    assert run.result is None
    assert run.probes == ()
    assert run.longest == run_of(searched).longest
    assert run.best == run.finals[0].hash
    assert run.trust.probes == len(run.judged)
    shared = run.trust.kendall_tau.keys() & searched.trust.kendall_tau.keys()
    assert {"score", "macs"} <= shared
    assert {name: run.trust.kendall_tau[name] for name in shared} == pytest.approx(
        {name: searched.trust.kendall_tau[name] for name in shared}
    )


def test_a_search_in_memory_has_a_record():
    run = run_of(toy_search(n_trials=4, finalists=0, max_epochs=0))

    assert run.folder is None
    assert run.identity["space"]["name"] == "toy"
    assert run.rungs == ()
    assert run.best is not None


def test_a_run_of_an_earlier_version_is_read(tmp_path):
    run = read_run(shutil.copytree(EARLIER, tmp_path / "run"))

    assert run.result is not None
    assert run.result.verdict == ()
    assert run.label(str(run.best)).startswith("#")


def test_the_place_of_a_study_is_never_read_from_the_folder(searched, folder):
    """A recorded URL would let an untrusted folder name a server to connect to."""
    shutil.move(folder / "study.journal", folder.parent / "elsewhere.journal")
    with pytest.raises(StudyError, match="no study") as caught:
        read_run(folder)

    assert "--storage" in caught.value.hint
    found = read_run(folder, storage=folder.parent / "elsewhere.journal")
    assert found.longest == run_of(searched).longest


def test_a_storage_without_the_study_says_so(folder, tmp_path):
    with pytest.raises(StudyError, match="there is no study 'toy-digits'"):
        read_run(folder, storage=f"sqlite:///{tmp_path}/other.db")


def test_a_folder_without_a_run_says_how_to_make_one(tmp_path):
    with pytest.raises(StudyError, match="no run in") as caught:
        read_run(tmp_path)

    assert "nas search --out" in caught.value.hint


@pytest.mark.parametrize("key", ["best", "finalists", "rungs", "trust"])
def test_a_damaged_result_says_so(folder, key):
    file = folder / "result.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: 3}))
    with pytest.raises(StudyError, match=r"result\.json' is damaged"):
        read_run(folder)

from __future__ import annotations

import ast
from pathlib import Path

import optuna
import pytest
from optuna.samplers import NSGAIISampler, TPESampler
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import create_trial

import nas.study
from nas.study.record import optuna_internals as internals
from nas.study.record.storage import grouped, open_storage

STUDY_FILES = sorted(Path(str(nas.study.__file__)).parent.rglob("*.py"))


def test_the_private_parts_are_those_of_the_installed_version() -> None:
    assert optuna.__version__.rpartition(".")[0] == internals.VERSION, (
        "read the names in nas/study/record/optuna_internals.py again in this version"
    )


def private_names(file: Path) -> list[str]:
    """Private modules of Optuna that a file imports, private attributes of other objects."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and "._" in (node.module or ""):
            found.append(str(node.module))
        if (
            isinstance(node, ast.Attribute)
            and node.attr.startswith("_")
            and not node.attr.startswith("__")
            and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
        ):
            found.append(node.attr)
    return found


@pytest.mark.parametrize(
    "file", [file for file in STUDY_FILES if file.stem != "optuna_internals"], ids=lambda f: f.stem
)
def test_no_other_file_uses_private_parts(file: Path) -> None:
    assert private_names(file) == []


def test_a_trial_is_added_as_it_is() -> None:
    study = optuna.create_study()
    assert isinstance(internals.storage_of(study), InMemoryStorage)
    assert [internals.add_trial(study, create_trial(value=v)).number for v in (1.0, 2.0)] == [0, 1]
    assert [trial.value for trial in study.trials] == [1.0, 2.0]


def test_notes_of_samplers_come_back() -> None:
    study = optuna.create_study()
    internals.write_system_note(study, "nsga2:generation", 3)
    assert internals.system_notes(study) == {"nsga2:generation": 3}


def test_a_queued_trial_keeps_its_parameters_under_a_system_attribute() -> None:
    study = optuna.create_study()
    study.enqueue_trial({"x": 3})
    assert study.trials[0].system_attrs[internals.QUEUED] == {"x": 3}


def test_databases_are_found_behind_their_cache_and_journals_behind_their_storage(
    tmp_path: Path,
) -> None:
    database = RDBStorage(f"sqlite:///{tmp_path / 'runs.db'}")
    file = JournalFileBackend(str(tmp_path / "runs.journal"))

    assert internals.uncached(get_storage(database)) is database
    assert internals.uncached(database) is database
    assert internals.journal_backend(JournalStorage(file)) is file
    assert internals.journal_backend(database) is None


@pytest.mark.parametrize("place", ["sqlite:///runs.db", "runs.journal"])
def test_writes_that_were_rolled_back_are_forgotten(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = optuna.create_study(storage=open_storage(place), study_name="s")

    def fail() -> None:
        with grouped(internals.storage_of(study)):
            study.add_trial(create_trial(value=1.0))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert study.trials == []


def test_what_a_sampler_has_read_is_handed_on() -> None:
    first = TPESampler(seed=0, multivariate=True)
    study = optuna.create_study(sampler=first)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=12)
    second = TPESampler(seed=1, multivariate=True)
    internals.share_search_space(second, first)
    assert second._search_space is first._search_space
    internals.share_search_space(NSGAIISampler(seed=0), None)

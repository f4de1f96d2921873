from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tests.cli.program import nas


@pytest.fixture
def served(monkeypatch):
    """What the dashboard was asked to show, in place of a server."""
    calls = []
    module = ModuleType("optuna_dashboard")
    module.run_server = lambda storage, **options: calls.append((storage, options))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "optuna_dashboard", module)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: module)
    return calls


def test_the_stock_dashboard_shows_the_study_of_the_run(served, finished):
    answer = nas("dashboard", finished, "--port", 8123)

    assert answer.code == 0, answer.err
    assert "http://localhost:8123" in answer.err
    storage, options = served[0]
    assert options == {"host": "localhost", "port": 8123}
    names = [storage.get_study_name_from_id(s._study_id) for s in storage.get_all_studies()]
    assert names == ["nb201-digits"]


def test_json_names_the_page(served, finished):
    answer = nas("dashboard", finished, "--json")

    assert answer.document == {
        "run": str(finished),
        "study": "nb201-digits",
        "url": "http://localhost:8080",
    }


def test_without_it_one_line_says_what_to_install(finished, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = nas("dashboard", finished)

    assert answer.code == 2
    assert "needs optuna-dashboard" in answer.error
    assert "pip install optuna-dashboard" in answer.err


def test_a_folder_without_a_run_is_an_error(served, tmp_path):
    assert nas("dashboard", tmp_path).code == 1
    assert served == []

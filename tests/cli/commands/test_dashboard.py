from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.cli.program import nas

if TYPE_CHECKING:
    from pathlib import Path


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
    with options.pop("artifact_store").open_reader(drawing_of(finished)) as file:
        assert file.read(4) == b"<svg"
    assert options == {"host": "localhost", "port": 8123}
    names = [storage.get_study_name_from_id(s._study_id) for s in storage.get_all_studies()]
    assert names == ["nb201-digits"]


def drawing_of(run: Path) -> str:
    """The identifier of a drawing in a run folder."""
    files = (run / "artifacts").iterdir()
    return next(file.name for file in files if file.read_bytes()[:4] == b"<svg")


@pytest.mark.slow
def test_the_stock_dashboard_serves_drawings_and_models(finished, free_port):
    pytest.importorskip("optuna_dashboard")
    program = [sys.executable, "-c", "from cli.main import main; main()"]
    server = subprocess.Popen(
        [*program, "dashboard", str(finished), "--port", str(free_port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{free_port}"
        (study,) = json.loads(page(f"{address}/api/studies"))["study_summaries"]
        number = study["study_id"]
        trials = json.loads(page(f"{address}/api/studies/{number}?after=0"))["trials"]
        artifacts = {
            one["filename"]: page(
                f"{address}/artifacts/{number}/{trial['trial_id']}/{one['artifact_id']}"
            )
            for trial in trials
            for one in trial["artifacts"]
        }
    finally:
        server.kill()
        server.wait()
    assert artifacts.pop("drawing.svg")[:4] == b"<svg"
    assert artifacts == {file.name: file.read_bytes() for file in (finished / "best").iterdir()}


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        return int(taken.getsockname()[1])


def page(address: str) -> bytes:
    """The content of a page of a server that is perhaps still starting."""
    for _ in range(600):
        try:
            with urlopen(address, timeout=60) as answer:
                return answer.read()
        except ConnectionError:  # pragma: no cover - depends on the machine
            time.sleep(0.1)
        except URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


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

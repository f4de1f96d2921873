from __future__ import annotations

import json
import shutil

import pytest

from nas.plots import extra
from tests.cli.program import nas


@pytest.fixture(autouse=True)
def _without_library(monkeypatch):
    """The library that draws takes seconds to bundle, and only a browser reads it."""
    monkeypatch.setattr("nas.report.page.document._library", lambda: "")


@pytest.fixture
def run(finished, tmp_path):
    """A copy in another place that may be changed."""
    return shutil.copytree(finished, tmp_path / "moved")


def test_the_report_lies_in_the_run_folder(run):
    answer = nas("report", run)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.strip() == str(run / "report.html")
    text = (run / "report.html").read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert "mistakes among 359 images" in text  # the data set has a registered name


def test_out_and_json(run, tmp_path):
    answer = nas("report", run, "--out", tmp_path / "sub" / "a.html", "--json")

    written = tmp_path / "sub" / "a.html"
    assert answer.document == {
        "run": str(run),
        "report": str(written),
        "bytes": written.stat().st_size,
    }
    assert not (run / "report.html").exists()


def test_the_command_of_the_search_is_shown(run):
    nas("report", run)
    text = (run / "report.html").read_text()

    for option in (
        "--space nb201:channels=4,cells=1,reduction=residual,resolution=8",
        "--dataset digits",
        "--weights DIR",
        "--n-trials 6",
        "--seed 0",
    ):
        assert option in text


def test_a_run_on_the_users_own_images_asks_for_them(run):
    file = run / "run.json"
    document = json.loads(file.read_text())
    document["identity"]["dataset"]["name"] = "birds"
    document["configuration"]["study_name"] = "nb201-digits"
    file.write_text(json.dumps(document))
    answer = nas("report", run)

    assert answer.code == 0, answer.err
    text = (run / "report.html").read_text()
    assert "name it to `nas report` with --dataset PATH" in text
    assert "--dataset PATH" in text
    assert nas("report", run, "--dataset", "digits").code == 0
    assert "mistakes among" in (run / "report.html").read_text()


def test_an_unfinished_run_has_a_report(run):
    (run / "result.json").unlink()
    answer = nas("report", run)

    assert answer.code == 0, answer.err
    assert "The search has not finished." in (run / "report.html").read_text()


def test_a_folder_without_a_run_is_an_error(tmp_path):
    answer = nas("report", tmp_path)

    assert answer.code == 1
    assert "no run in" in answer.error


def test_a_missing_data_set_of_the_user_is_an_error(run):
    answer = nas("report", run, "--dataset", "no/such/folder")

    assert answer.code == 1
    assert "no data at" in answer.error
    assert not (run / "report.html").exists()


def test_without_altair_one_line_says_what_to_install(run, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda module: None)
    answer = nas("report", run)

    assert answer.code == 2
    assert "need altair and vl-convert-python" in answer.error
    assert "pip install altair vl-convert-python" in answer.err

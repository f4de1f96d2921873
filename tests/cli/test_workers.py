"""Commands whose work is done by other processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.program import ON_DIGITS, SCORES_ONLY, nas, process

OWN = """
from torch import nn

def build(trial, data):
    width = trial.suggest_int("width", 2, 9)
    layers = [nn.Conv2d(data.channels, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, data.classes))
"""


@pytest.mark.usefixtures("shipped")
def test_workers_rank_as_the_command_itself_does():
    words = ("rank", *ON_DIGITS, "--sample", 6, "--images", 32, "--json")
    alone, shared = nas(*words), nas(*words, "--workers", 1)
    assert shared.code == 0, shared.err
    assert shared.document["scores"] == alone.document["scores"]


@pytest.mark.slow
def test_a_space_in_a_file_reaches_the_workers(tmp_path):
    (tmp_path / "net.py").write_text(OWN)
    found = []
    for name, words in [("alone", ()), ("shared", ("--workers", 2))]:
        answer = nas(
            *("search", "--space", f"{tmp_path / 'net.py'}:build", "--dataset", "digits"),
            *("--weights", "none", "--n-trials", 6, "--finalists", 2, "--max-epochs", 1),
            *("--images", 32, "--json", "--out", tmp_path / name, *words),
        )
        assert answer.code == 0, answer.err
        found.append({key: answer.document[key] for key in ("best", "finalists", "trials")})
    assert found[0] == found[1]


@pytest.mark.slow
@pytest.mark.usefixtures("hypernet")
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "group"])
def test_ctrl_c_leaves_a_run_that_continues(send, hypernet, tmp_path):
    words = ("search", *ON_DIGITS, *SCORES_ONLY, "--weights", hypernet, "--out", tmp_path / "run")
    long = process(*words, "--n-trials", 5000, "--workers", 2, own_group=True)
    journal = tmp_path / "run" / "study.journal"
    while not journal.exists() or b'"op_code":4,' not in journal.read_bytes():
        assert long.poll() is None
        time.sleep(0.05)
    listed = Path(f"/proc/{long.pid}/task").glob("*/children")
    workers = [child for file in listed for child in file.read_text().split()]
    send(long.pid, signal.SIGINT)
    _, said = long.communicate(timeout=60)
    assert long.returncode == 130, said
    assert said.splitlines()[-1] == "interrupted; repeat the command to go on from here"
    assert len(workers) == 2
    deadline = time.monotonic() + 20
    while any(Path("/proc", worker).exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    done = journal.read_bytes().count(b'"op_code":4,')
    answer = nas(*words, "--n-trials", done + 4, "--json")
    assert answer.document["trials"]["complete"] == done + 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--executor", "dask"), "given together"),
        (("--scheduler", "tcp://127.0.0.1:1"), "given together"),
        (("--memory-per-worker", "4G"), "--memory-per-worker is for --workers"),
        (("--workers", 2, "--memory-per-worker", "much"), "expected a size such as 500M or 4G"),
        (
            ("--workers", 2, "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1"),
            "either --workers or --executor dask",
        ),
    ],
)
@pytest.mark.usefixtures("shipped")
def test_options_that_exclude_or_need_each_other(words, said, tmp_path):
    answer = nas("search", *ON_DIGITS, *SCORES_ONLY, "--out", tmp_path / "run", *words)
    assert answer.code == 2
    assert said in answer.err


EATS = "import numpy\n" + OWN.replace(
    "    layers",
    "    held = numpy.empty(width * 2 * 10**8, 'u1') if width > 7 else None\n    layers",
    1,
)


@pytest.mark.slow
def test_a_candidate_that_eats_memory_fails_alone(tmp_path):
    (tmp_path / "net.py").write_text(EATS)
    answer = nas(
        *("search", "--space", f"{tmp_path / 'net.py'}:build", "--dataset", "digits"),
        *("--weights", "none", "--n-trials", 6, *SCORES_ONLY, "--seed", 1, "--json"),
        *("--workers", 1, "--memory-per-worker", "1.5G", "--out", tmp_path / "run"),
    )
    assert answer.code == 0, answer.err
    failed = answer.document["trials"]["failed"]
    assert failed in (1, 2)  # widths 8 and 9
    assert (tmp_path / "run" / "trials.csv").read_text().count("MemoryError") == failed


@pytest.mark.slow
@pytest.mark.usefixtures("shipped")
def test_a_limit_that_is_too_low_for_the_data_ends_the_command(tmp_path):
    words = ("search", *ON_DIGITS, *SCORES_ONLY, "--n-trials", 4, "--out", tmp_path / "run")
    answer = nas(*words, "--workers", 1, "--memory-per-worker", "20M")
    assert answer.code == 1
    assert "error: no worker can do the work: " in answer.err
    assert "give them more memory" in answer.err
    assert nas(*words, "--json").document["trials"]["failed"] == 0

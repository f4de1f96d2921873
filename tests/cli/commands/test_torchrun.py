"""``torchrun ... nas train-hypernet``, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hypernets.training.state import STATE
from nas.errors import CheckpointError
from nas.resume import read_state
from tests.cli.program import ON_DIGITS, nas

ROOT = Path(__file__).parents[3]
TWO_RANKS = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
PROGRAM = """
import hypernets.measure
from cli.main import main

hypernets.measure.ARCHITECTURES = 4
main()
"""
STEPS = 200
TRAINING = (
    *("train-hypernet", *ON_DIGITS, "--meta-batch", "2", "--batch-size", "8"),
    *("--settings", "hidden=4", "--steps", str(STEPS), "--out", "hn", "--json"),
)


def torchrun(*words: str) -> subprocess.Popen[str]:
    """Start one command line of nas on two ranks, whose measurement is short."""
    Path("program.py").write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, "-m", *TWO_RANKS, "program.py", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def interrupted(number: signal.Signals) -> int:
    """Send a signal to torchrun after some steps; returns how many were taken."""
    running = torchrun(*TRAINING)
    assert running.stderr is not None
    next(line for line in running.stderr if line.startswith("train-hypernet: "))
    running.send_signal(number)
    out, err = running.communicate()

    assert (running.returncode, out) == (1, "")
    assert err.count("interrupted; repeat the command to go on from here\n") == 1
    assert "error: " not in err
    return int(read_state(Path("hn", STATE), CheckpointError).progress["step"])


@pytest.mark.slow
def test_a_signal_is_one_message_and_the_same_command_goes_on() -> None:
    """Ctrl-C, and SIGTERM as a cluster sends it."""
    first = interrupted(signal.SIGINT)
    second = interrupted(signal.SIGTERM)
    assert STEPS > second >= first + 10 >= 20

    repeated = torchrun(*TRAINING)
    out, err = repeated.communicate()
    assert repeated.returncode == 0, err
    card = json.loads(out)
    assert f"going on at step {second} of {STEPS}\n" in err
    assert card["training"]["steps"] == STEPS
    assert nas(*TRAINING).document == card


@pytest.mark.parametrize("rank", [0, 1])
def test_other_commands_are_not_for_torchrun(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    variables = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "localhost", "MASTER_PORT": 1}
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    answer = nas("search", *ON_DIGITS)

    line = "error: torchrun starts `nas train-hypernet` only, for others see --workers\n"
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"rank 1: {line}" if rank else line)
    assert ("hint: " in answer.err) == (rank == 0)

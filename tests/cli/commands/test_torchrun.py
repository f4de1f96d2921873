"""``torchrun ... nas train-hypernet``, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hypernets.training_state import STATE
from tests.cli.program import ON_DIGITS, nas

ROOT = Path(__file__).parents[3]
TWO_RANKS = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "cli.main")
TRAINING = (
    *("train-hypernet", *ON_DIGITS, "--meta-batch", "2", "--batch-size", "8"),
    *("--settings", "hidden=4", "--steps", "300", "--out", "hn", "--json"),
)


def torchrun(*words: str) -> subprocess.Popen[str]:
    """Start one command line of nas on two ranks."""
    return subprocess.Popen(
        [sys.executable, "-m", *TWO_RANKS, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.slow
def test_ctrl_c_is_one_message_and_the_same_command_goes_on() -> None:
    running = torchrun(*TRAINING)
    assert running.stderr is not None
    first = next(line for line in running.stderr if line.startswith("train-hypernet: "))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()

    assert first.startswith("train-hypernet: 10/300 ")
    assert (running.returncode, out) == (1, "")
    assert err.count("interrupted; repeat the command to go on from here\n") == 1
    assert "error: " not in err
    assert Path("hn", STATE).exists()

    repeated = torchrun(*TRAINING)
    out, err = repeated.communicate()
    assert (repeated.returncode, err.count("going on at step ")) == (0, 1), err
    card = json.loads(out)
    assert card["training"]["steps"] == 300
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

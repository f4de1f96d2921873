from __future__ import annotations

import signal
import subprocess
import sys

import click
import pytest

from cli.interruption import interruptible
from cli.output import listener
from nas.evaluate.scorer import Scorer
from nas.events import stage
from tests.cli.program import ON_DIGITS, SCORES_ONLY, nas

_TWICE = """
import signal
from cli.interruption import interruptible

with interruptible():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("saving", flush=True)
        signal.raise_signal(signal.SIGINT)
        print("saved", flush=True)
"""


class Deaf:
    """Python drops what its destructor raises."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def press_in_a_destructor() -> None:
    Deaf()


def test_a_ctrl_c_lost_in_a_destructor_is_raised_at_the_next_event():
    with (
        interruptible() as interruption,
        click.Context(click.Command("x"), obj=interruption),
        stage(listener(quiet=True), "search", 4) as progress,
    ):
        progress.advance(1)
        press_in_a_destructor()
        with pytest.raises(KeyboardInterrupt):
            progress.advance(2)


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_search_ends_though_ctrl_c_was_lost(hypernet, monkeypatch, quiet):
    pressed, real = [], Scorer.one_by_one

    def score(self, *args, **kwargs):
        press_in_a_destructor()
        pressed.append(True)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Scorer, "one_by_one", score)
    words = ("search", *ON_DIGITS, "--weights", hypernet, "--n-trials", 100, *SCORES_ONLY)
    answer = nas(*words, "--out", "run", *quiet)

    assert pressed == [True]
    assert answer.code == 130
    assert answer.err.splitlines()[-1] == "interrupted; repeat the command to go on from here"
    assert "Exception ignored" not in answer.err


def test_the_second_ctrl_c_kills():
    ended = subprocess.run([sys.executable, "-c", _TWICE], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (-signal.SIGINT, "saving\n")


def test_afterwards_the_handlers_are_restored():
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_where_ctrl_c_means_nothing_it_stays_so():
    """As under ``nohup``."""
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as interruption:
            signal.raise_signal(signal.SIGINT)
            interruption.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, former)

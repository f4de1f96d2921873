from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import ON_DIGITS, SCORES_ONLY, nas

SIZES = ("--steps", 2, "--meta-batch", 1, "--batch-size", 8, "--settings", "hidden=4")


def train(*words):
    return nas("train-hypernet", *ON_DIGITS, *SIZES, *words)


def test_json_is_the_card_with_the_place_of_the_files():
    answer = train("--out", "hn", "--json", "--quiet", "--hypernet", "ghn1")

    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert document["hypernet"] == "ghn1"
    assert document["space"] == "nb201"
    assert document["dataset"] == "digits"
    assert document["proxy"] == {
        "channels": 4,
        "cells": 1,
        "reduction": "pool",
        "resolution": 8,
    }
    assert document["training"]["steps"] == 2
    assert document["files"] == {"directory": "hn"}
    assert document.items() >= json.loads(Path("hn/card.json").read_text()).items()


def test_what_it_says_to_do_next_works():
    answer = train("--out", "hn")
    (line,) = [line for line in answer.out.splitlines() if line.startswith("use it")]
    words = line.split()[3:]

    assert line.split()[2] == "nas"
    assert nas(*words, "--n-trials", 2, *SCORES_ONLY).code == 0


def test_minutes_choose_the_steps_and_a_repeated_command_keeps_them():
    words = ("--out", "hn", "--minutes", 0.02)
    first = nas("train-hypernet", *ON_DIGITS, *SIZES[2:], *words)
    steps = json.loads(Path("hn/card.json").read_text())["training"]["steps"]
    again = nas("train-hypernet", *ON_DIGITS, *SIZES[2:], *words)

    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert f"on this machine: {steps} step" in first.err
    assert json.loads(Path("hn/card.json").read_text())["training"]["steps"] == steps
    assert "on this machine" not in again.err


def test_minutes_and_steps_exclude_each_other():
    answer = train("--minutes", 1)
    assert (answer.code, "--minutes takes the place of --steps" in answer.err) == (2, True)


def test_it_starts_from_another_and_keeps_its_family():
    assert train("--out", "first", "--hypernet", "ghn1", "--quiet").code == 0
    words = ("--out", "second", "--from", "first", "--json", "--quiet")
    answer = nas("train-hypernet", *ON_DIGITS, *SIZES[:-2], *words)

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["hypernet"] == "ghn1"
    assert answer.document["training"]["start"]["name"] == "first"


def test_the_default_place_is_named_after_what_is_trained():
    assert train("--json").document["files"] == {"directory": "runs/nb201-digits-ghn2"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--hypernet", "ghn22"), 2, "unknown hypernetwork 'ghn22'. Did you mean 'ghn2'"),
        (("--steps", 0), 2, "steps must be at least 1, got 0"),
        (("--meta-batch", -1), 2, "meta_batch must be at least 1, got -1"),
        (("--batch-size", 0), 2, "batch_size must be at least 1, got 0"),
        (("--settings", "hidden=0"), 2, "hidden must be at least 1, got 0"),
        (("--lr", -1), 2, "lr must lie between 0 and 1, got -1.0"),
        (("--proxy", "chanels=4"), 2, "no macro size 'chanels'. Did you mean 'channels'"),
        (("--proxy", "small"), 2, "expected 'key=value' in '--proxy'"),
        (("--from", "nowhere"), 2, "nowhere"),
        (("--from", "nb201-cifar10"), 2, "has its family"),
        (("--out", "file"), 1, "cannot write to 'file': it is a file"),
    ],
)
def test_a_bad_value_is_explained(words, code, said):
    Path("file").touch()
    answer = train(*words)

    assert answer.code == code
    assert said in answer.error


def test_an_interrupted_training_says_how_to_go_on_and_does(monkeypatch):
    steps = ("--steps", 20, "--out", "hn")

    def interrupt(self, event):
        if getattr(event, "done", 0) == 10:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.progress.Display.__call__", interrupt)
        stopped = train(*steps)
    answer = train(*steps)

    assert stopped.code == 130
    assert "repeat the command to go on" in stopped.err
    assert "going on at step 10 of 20" in answer.err
    assert answer.code == 0
    assert Path("hn/model.safetensors").is_file()

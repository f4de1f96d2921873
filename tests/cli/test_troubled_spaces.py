"""Spaces whose networks end the process, print megabytes or start threads."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import process

pytestmark = pytest.mark.slow

NET = """
import os, sys, threading, time
from torch import nn

class Troubled(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.width = width
        layers = [nn.Conv2d(1, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.inner = nn.Sequential(*layers, nn.Linear(width, classes))

    def forward(self, x):
        if self.training and len(x) > 8:
            trouble(self.width)
        return self.inner(x)

def trouble(width):
    TROUBLE

def build(trial, data):
    print("x" * 100_000)
    if START:
        threading.Thread(target=time.sleep, args=(3600,)).start()
    return Troubled(trial.suggest_int("width", 2, 5), data.classes)
"""


def search(folder, trouble, *words, start=False):
    (folder / "net.py").write_text(NET.replace("TROUBLE", trouble).replace("START", str(start)))
    running = process(
        *("search", "--space", f"{folder / 'net.py'}:build", "--dataset", "digits", "--quiet"),
        *("--weights", "none", "--n-trials", 4, "--finalists", 4, "--max-epochs", 1, "--json"),
        *("--images", 32, "--out", folder / "run", *words),
    )
    out, said = running.communicate(timeout=600)
    assert running.returncode == 0, said[-2000:]
    return json.loads(out), said


@pytest.mark.parametrize("words", [(), ("--workers", 1)], ids=["alone", "worker"])
def test_a_forward_that_exits_in_training_is_that_networks_failure(words, tmp_path):
    """Nor does a thread of the user's code keep the command from ending."""
    document, said = search(
        tmp_path, "sys.exit(3) if width == 3 else None", *words, start=not words
    )
    widths = {json.loads(one["architecture"])["width"] for one in document["finalists"]}
    assert 3 not in widths
    assert len(widths) == 3
    assert "x" * 100_000 in said


def test_a_forward_that_ends_its_process_ends_workers_alone(tmp_path):
    document, _ = search(tmp_path, "os._exit(0) if width == 3 else None", "--workers", 2)
    assert len(document["finalists"]) == 3

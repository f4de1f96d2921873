"""The whole command on digits, with a tiny hypernetwork."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest
import torch

from benchmarks.gain import run
from benchmarks.gain.course import read
from benchmarks.gain.networks import NETWORKS
from nas.data.catalog import load
from nas.modules.classifier import Classifier
from nas.seeding import derive
from nas.training.config import TrainConfig
from nas.training.fine_tune import fine_tune

WORDS = ["--networks", "plain", "--rates", "0.03", "--seeds", "1", "2"]


def printed(*words: str) -> str:
    with redirect_stdout(StringIO()) as text:
        run.main([*WORDS, *words])
    return text.getvalue()


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("gain")


@pytest.fixture(scope="module")
def first(out):
    return printed("--steps", "1", "--out", str(out))


def test_default_weights_are_trained_as_anywhere_else(out, first):
    (file,) = out.glob("*/plain.json")
    rows = {row.key: row for row in read(file)}
    torch.manual_seed(derive(2, "weights"))
    network = Classifier(NETWORKS["plain"](load("digits").task))
    found = fine_tune(network, load("digits"), 1, config=TrainConfig(lr=0.03), seed=2)
    row = rows["default", 1, 0.03, 2]
    assert (row.before, row.after) == (found.before, found.after)
    assert rows["predicted", 1, 0.03, 1].before == rows["predicted", 1, 0.03, 2].before


def test_what_is_finished_is_not_done_again_and_longer_trainings_are_added(out, first):
    (file,) = out.glob("*/plain.json")
    before, stamp = read(file), file.stat().st_mtime_ns
    assert printed("--steps", "1", "--out", str(out), "--finished") == first
    assert file.stat().st_mtime_ns == stamp
    assert "after 2" in printed("--steps", "1", "2", "--out", str(out))
    assert read(file)[: len(before)] == before


def test_nothing_is_shown_of_what_is_not_finished(tmp_path):
    with pytest.raises(SystemExit, match="nothing is finished"):
        printed("--out", str(tmp_path), "--finished")

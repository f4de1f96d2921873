"""The whole command on digits, at toy sizes."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from benchmarks.hypernets import run
from benchmarks.ranking import truth
from hypernets import measure
from hypernets.cards import WEIGHTS
from hypernets.checkpoint import load

if TYPE_CHECKING:
    from pathlib import Path

SCALE = "channels=4,max_cells=4,resolution=4"
TINY = ["--seconds", "0.1", "--networks", "2", "--scale", SCALE, "--seeds", "1"]


@dataclass(frozen=True)
class Done:
    """A folder with one training, and what was printed."""

    out: Path
    printed: str

    def run(self, *options: str) -> str:
        """What the same command, with options, prints."""
        with redirect_stdout(StringIO()) as text:
            run.main([*TINY, "--entries", "mlp+mip", "--out", str(self.out), *options])
        return text.getvalue()

    @property
    def stamps(self) -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for file in self.out.glob("*/*")}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    empty = Done(tmp_path_factory.mktemp("runs"), "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "ARCHITECTURES", 2)
        return replace(empty, printed=empty.run())


def table(text: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] != "---"]


def test_the_table_shows_the_results_in_the_folder(done):
    head, row = table(done.printed)
    (directory,) = done.out.iterdir()
    model, cost = load(directory), json.loads((directory / "cost.json").read_text())
    assert (model.config.encoder, model.config.mip) == ("mlp", True)
    assert model.card.training["steps"] == cost["steps"] == int(row[3])
    assert int(row[1].replace(",", "")) == sum(tensor.numel() for tensor in model.parameters())
    assert cost["bytes"] == (directory / WEIGHTS).stat().st_size
    assert head[6:] == ["test", "wide", "deep", "dense", "bnfree", "ResNet-50", "ViT"]


def test_finished_parts_are_not_repeated(done):
    before = done.stamps
    assert done.run() == done.printed
    assert done.stamps == before


def test_only_missing_parts_are_done(done):
    (file,) = done.out.glob("*/test-*.json")
    before = done.stamps
    file.unlink()
    assert done.run() == done.printed
    assert {name for name, stamp in done.stamps.items() if stamp != before[name]} == {file}


def test_the_table_of_what_is_finished(done, tmp_path):
    assert done.run("--finished", "--entries", "ghn1", "mlp+mip") == done.printed
    with pytest.raises(SystemExit, match="nothing is finished"):
        replace(done, out=tmp_path).run("--finished")


def test_a_hypernetwork_that_has_been_trained_has_the_same_table(done, tmp_path):
    """Found by its folder, it is judged anew, and once."""
    (directory,) = done.out.iterdir()
    words = [*TINY, "--weights", str(directory), "--out", str(tmp_path)]
    with redirect_stdout(StringIO()) as text:
        run.main(words)
    head, row = table(text.getvalue())
    was = table(done.printed)[1]
    assert (head[4], row[4]) == ("CPU s", "–")
    assert (row[0], row[1:4], row[5:]) == (str(directory), was[1:4], was[5:])
    assert len(list(tmp_path.glob("*/*.json"))) == len(head[6:])


def test_agreement_with_trained_networks(done, tmp_path):
    file, space = tmp_path / "truth.json", "deepnets:channels=4,max_cells=4,split=test"
    training = ["--space", space, "--dataset", "digits", "--count", "3", "--epochs", "1"]
    truth.main([*training, "--resolution", "4", "--out", str(file)])
    head, row = table(done.run("--truth", str(file)))[2:]
    assert head == ["entry", "accuracy, τ", "loss, τ"]
    assert -1 <= float(row[2].split()[0]) <= 1
    with pytest.raises(SystemExit, match="digits at 4 pixels, expected digits at 8"):
        done.run("--truth", str(file), "--scale", "channels=4,max_cells=4,resolution=8")

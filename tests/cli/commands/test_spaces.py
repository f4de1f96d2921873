from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

import search_spaces
from tests.cli.program import ARCHITECTURE, nas

if TYPE_CHECKING:
    from pathlib import Path

SMALL = "nb201:channels=4,cells=1"


def test_json_lists_every_space() -> None:
    answer = nas("spaces", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert [row["name"] for row in answer.document] == search_spaces.names()
    sizes = {row["name"]: row["architectures"] for row in answer.document}
    assert sizes["nb201"] == 5**6


def test_the_table_has_a_line_for_each_space() -> None:
    head, *lines = nas("spaces").out.splitlines()

    assert head.startswith("space")
    assert [line.split()[0] for line in lines] == search_spaces.names()


def test_json_of_one_space_is_one_object() -> None:
    document = nas("spaces", "nb201", "--json").document

    assert document["macro"] == {"channels": 16, "cells": 5, "reduction": "residual"}
    assert document.keys() >= {"name", "description", "source", "architectures", "files"}
    (edges,) = document["choices"]
    assert len(edges["parameters"]) == 6
    assert edges["distributions"][0]["options"][:2] == ["none", "skip_connect"]
    assert document["drawn"]["params"] > 0


@pytest.mark.parametrize("name", search_spaces.names())
def test_every_space_is_described_and_drawn_in_100_columns(name: str) -> None:
    answer = nas("spaces", name)
    facts, choices, chosen, drawing = answer.out.split("\n\n")

    assert answer.code == 0, answer.err
    assert facts.startswith("name ")
    assert choices.splitlines()[0].endswith(" choices:")
    assert chosen.startswith("a random architecture: ")
    assert drawing.rstrip().endswith("MACs")
    assert max(map(len, [*choices.splitlines(), *drawing.splitlines()])) <= 100


def test_one_space_is_described_with_its_sizes() -> None:
    answer = nas("spaces", "nb201")

    assert "15,625" in answer.out
    assert "channels=16, cells=5" in answer.out
    assert "Dong & Yang" in answer.out
    assert "edge_{0..2}_{1..3}  6 ×  none, skip_connect" in answer.out


def test_a_given_architecture_is_drawn() -> None:
    answer = nas("spaces", SMALL, "--arch", ARCHITECTURE, "--dataset", "digits")
    assert f"the architecture: {ARCHITECTURE}" in answer.out
    assert "1×8×8" in answer.out


def test_the_seed_chooses_the_architecture() -> None:
    def drawn(seed: int) -> str:
        return str(nas("spaces", SMALL, "--seed", seed, "--json").document["drawn"]["hash"])

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1


def test_the_drawing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "pictures" / "cell.svg"
    answer = nas("spaces", SMALL, "--out", file, "--json")

    assert answer.document["files"] == {"drawing": str(file)}
    assert ElementTree.fromstring(file.read_text()).tag.endswith("svg")


def test_a_sample_has_distributions_of_cost() -> None:
    document = nas("spaces", SMALL, "--sample", 60, "--json").document

    assert document["count"] == 60
    assert 1 < document["distinct"] <= 60
    assert set(document["distribution"]) == {
        "params",
        "macs",
        "activations",
        "layers",
        "depth",
        "nodes",
    }
    params = document["distribution"]["params"]
    quantiles = list(params["quantiles"].values())
    assert quantiles == sorted(quantiles)
    assert quantiles[0] <= params["mean"] <= quantiles[-1]
    assert sum(params["histogram"]["counts"]) == 60
    assert all(seconds > 0 for seconds in document["seconds_per_architecture"].values())


def test_a_sample_is_a_table_with_histograms() -> None:
    first, _, head, *rows = nas("spaces", SMALL, "--sample", 20).out.splitlines()

    assert first.startswith("20 random architectures of nb201")
    assert head.split() == ["least", "5%", "25%", "50%", "75%", "95%", "most", "distribution"]
    assert [row.split()[0] for row in rows][:2] == ["params", "macs"]
    assert "█" in rows[0]


def test_a_space_of_ones_own_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "flat.py"
    file.write_text(
        "from torch import nn\n"
        "def build(trial, data):\n"
        "    '''One hidden layer.'''\n"
        "    width = trial.suggest_categorical('width', [4, 8])\n"
        "    inputs = data.channels * data.resolution**2\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, width), nn.ReLU(),\n"
        "                         nn.Linear(width, data.classes))\n"
    )
    answer = nas("spaces", f"{file}:build", "--dataset", "digits")

    assert "One hidden layer" in answer.out
    assert "width    4, 8" in answer.out
    assert "flatten → linear → relu → head" in answer.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("drts",), 2, "unknown search space 'drts'. Did you mean 'darts'?"),
        (("nb201:chanels=3",), 2, "no macro size 'chanels'. Did you mean 'channels'"),
        (("nb201", "--arch", "nonsense"), 1, "no architecture of space 'nb201'"),
        (("nb201", "--out", "cell.png"), 2, "drawings are in SVG"),
        (("nb201", "--sample", 3, "--out", "cell.svg"), 2, "--out shows one"),
        (("nb201", "--sample", 0), 2, "0 is not in the range"),
        (("--sample", 3), 2, "--sample needs the name of a space"),
        (("nowhere.py:build",), 2, "no file 'nowhere.py'"),
        (("gnn", "--dataset", "digits"), 2, "node"),
        (("compare",), 2, "missing argument"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[object, ...], code: int, message: str) -> None:
    answer = nas("spaces", *words)
    assert answer.code == code
    assert message in answer.error


def test_help_shows_the_options() -> None:
    answer = nas("spaces", "--help")
    assert answer.code == 0
    assert all(option in answer.out for option in ("--sample", "--arch", "--out", "compare"))

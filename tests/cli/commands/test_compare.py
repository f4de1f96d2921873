from __future__ import annotations

import json
import shutil
from statistics import fmean, median
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from scipy.stats import ks_2samp

from tests.cli.program import Answer, nas

if TYPE_CHECKING:
    from pathlib import Path

ANYNET = "anynet:max_depth=1,max_width=16"
NB201 = "nb201:channels=4,cells=1"


@pytest.fixture(scope="session")
def general(hypernet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hypernetwork of the tests, with a card for all spaces."""
    folder = shutil.copytree(hypernet, tmp_path_factory.mktemp("general") / "general")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "general": True}))
    return folder


def compare(hypernet: Path, *words: object) -> Answer:
    data = ("--dataset", "digits", "--images", 32)
    return nas("spaces", "compare", *words, "--weights", hypernet, *data)


def test_json_holds_the_errors_and_their_statistics(general: Path) -> None:
    answer = compare(general, ANYNET, NB201, "--sample", 4, "--json", "--quiet")

    assert (answer.code, answer.err) == (0, "")
    rows = answer.document["spaces"]
    assert [row["space"] for row in rows] == [ANYNET, NB201]
    for row in rows:
        errors = row["errors"]
        assert (row["networks"], row["scored"]) == (4, len(errors)) == (4, 4)
        assert all(0 <= error <= 1 for error in errors)
        figures = row["mean"], row["median"], row["least"]
        assert figures == pytest.approx((fmean(errors), median(errors), min(errors)))
    ranges = [row["best_ranges"] for row in rows]
    assert {"depth0", "width0", "ratio0", "group2"} <= ranges[0].keys()
    width = ranges[0]["width0"]
    assert 8 <= width["low"] <= width["median"] <= width["high"] <= 16
    assert ranges[1] == {}
    test = ks_2samp(*(row["errors"] for row in rows))
    found = answer.document["kolmogorov_smirnov"]
    assert (found["statistic"], found["pvalue"]) == pytest.approx((test.statistic, test.pvalue))


def test_constraints_hold_for_both_populations(general: Path) -> None:
    limits = ("--constraint", "macs>=5e4", "--constraint", "macs<=1e5")
    answer = compare(general, ANYNET, NB201, "--sample", 3, *limits, "--json")

    assert all(5e4 <= row["median_macs"] <= 1e5 for row in answer.document["spaces"])


def test_the_curves_are_shown_and_drawn(general: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "edf.svg"
    answer = compare(general, ANYNET, NB201, "--sample", 3, "--out", file)

    assert answer.out.startswith("100%")
    assert f"o {ANYNET}  x {NB201}" in answer.out
    assert "Kolmogorov-Smirnov: " in answer.out
    assert ElementTree.parse(file).getroot().tag.endswith("svg")


def test_a_space_is_compared_with_itself(general: Path) -> None:
    answer = compare(general, NB201, NB201, "--sample", 3)

    assert f"o {NB201}  x {NB201} (again)" in answer.out


def test_a_seed_repeats_the_comparison(general: Path) -> None:
    words = (ANYNET, NB201, "--sample", 2, "--json", "--seed")
    first, again, other = (compare(general, *words, seed).document for seed in (1, 1, 2))

    assert first == again
    assert first["spaces"] != other["spaces"]


def test_a_hypernetwork_of_one_space_is_none_for_another(hypernet: Path) -> None:
    answer = compare(hypernet, NB201, ANYNET, "--sample", 2, "--quiet")

    assert answer.code == 2
    assert "was trained in space 'nb201', not in 'anynet'" in answer.error


def test_nothing_in_the_window(general: Path) -> None:
    answer = compare(general, NB201, ANYNET, "--sample", 2, "--constraint", "macs>=1e9", "--quiet")

    assert answer.code == 3
    assert "of 2,000 random architectures of space 'nb201' only 0" in answer.error

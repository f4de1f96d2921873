from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import search_spaces
from nas.analysis.cost import cost
from nas.task.task import Task
from tests.cli.program import ARCHITECTURE, ON_DIGITS, OTHER, SPACE, nas

KEYS = {"architecture", "score", "accuracy", "loss", "brier", "naswot", "params", "macs"}


def rank(hypernet, *words):
    return nas("rank", *ON_DIGITS, "--weights", hypernet, "--images", 64, *words)


def write(*texts: str) -> str:
    Path("archs.json").write_text(json.dumps(texts))
    return "archs.json"


def test_json_keeps_the_order_that_was_given(hypernet):
    for given in ([ARCHITECTURE, OTHER, ARCHITECTURE], [OTHER, ARCHITECTURE]):
        answer = rank(hypernet, "--archs", write(*given), "--json", "--quiet")

        assert (answer.code, answer.err) == (0, "")
        assert answer.document.keys() >= {"scores", "seconds"}
        assert [row["architecture"] for row in answer.document["scores"]] == given
        assert all(row.keys() >= KEYS for row in answer.document["scores"])


def test_equal_architectures_score_equally_and_others_do_not(hypernet):
    scores = rank(hypernet, "--sample", 6, "--json").document["scores"]
    again = rank(
        hypernet, "--archs", write(*(row["architecture"] for row in scores)), "--json"
    ).document["scores"]

    for name in ("score", "loss", "brier", "naswot"):
        figures = [row[name] for row in scores]
        assert [row[name] for row in again] == pytest.approx(figures)
        assert len(set(figures)) > 1
    assert all(0 <= row["score"] <= 1 for row in scores)


def test_a_checkpoint_without_a_reference_scores_by_the_loss(hypernet, tmp_path):
    older = shutil.copytree(hypernet, tmp_path / "older")
    card = json.loads((older / "card.json").read_text())
    del card["reference"]
    (older / "card.json").write_text(json.dumps(card))
    scores = rank(older, "--sample", 3, "--json").document["scores"]

    assert [row["score"] for row in scores] == [-row["loss"] for row in scores]


def test_costs_are_those_of_the_full_size(hypernet):
    (row,) = rank(hypernet, "--archs", write(ARCHITECTURE), "--json").document["scores"]
    space = search_spaces.get(SPACE[1], Task(classes=10, channels=1, resolution=8))

    costs = cost(space.graph(ARCHITECTURE).simplified)
    assert (row["params"], row["macs"]) == (costs.params, costs.macs)


def test_an_edge_that_leads_nowhere_changes_no_figure(hypernet):
    dead = OTHER.replace("none~0", "nor_conv_3x3~0", 1)
    one, other = rank(hypernet, "--archs", write(OTHER, dead), "--json").document["scores"]

    assert dead != OTHER
    assert {**one, "architecture": dead} == other


def test_a_sample_is_distinct_and_follows_the_seed(hypernet):
    def drawn(seed: int) -> list[str]:
        words = ("--sample", 8, "--seed", seed, "--images", 1, "--json")
        return [row["architecture"] for row in rank(hypernet, *words).document["scores"]]

    assert len(set(drawn(0))) == 8
    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)


def test_the_table_shows_the_best_first_with_whole_notations(hypernet):
    answer = rank(hypernet, "--archs", write(OTHER, ARCHITECTURE))
    head, *lines = answer.out.splitlines()
    scores = [float(line.split()[0]) for line in lines]

    assert head.split() == ["score", "accuracy", "loss", "params", "MACs", "architecture"]
    assert {line.split()[-1] for line in lines} == {OTHER, ARCHITECTURE}
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 2
    assert "rank: 2/2" in answer.err


@pytest.mark.parametrize("words", [(), ("--sample", 2, "--archs", "archs.json")])
def test_either_a_list_or_a_sample_is_needed(words, hypernet):
    write(ARCHITECTURE)
    answer = rank(hypernet, *words)

    assert answer.code == 2
    assert "give either --archs FILE.json or --sample N" in answer.error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text", "in 'archs.json': no JSON"),
        (b"\xff\xfe", "in 'archs.json': it is no text"),
        (b'{"a": 1}', "expected a JSON list of strings in 'archs.json'"),
        (b"[1]", "expected a JSON list of strings in 'archs.json'"),
        (
            json.dumps([ARCHITECTURE, "|none~0|"]).encode(),
            "entry 1 of 'archs.json' is no architecture of space 'nb201': expected 3 nodes",
        ),
    ],
)
def test_a_faulty_list_is_named_with_its_fault(content, said, hypernet):
    Path("archs.json").write_bytes(content)
    answer = rank(hypernet, "--archs", "archs.json")

    assert answer.code == 1
    assert said in answer.error


def test_a_list_that_is_not_there_is_wrong_usage(hypernet):
    answer = rank(hypernet, "--archs", "none.json")

    assert answer.code == 2
    assert "'none.json' does not exist" in answer.error


def test_more_than_the_space_holds_cannot_be_drawn(hypernet):
    answer = rank(hypernet, "--sample", 15_626)

    assert answer.code == 2
    assert "space 'nb201' has 15,625 architectures, fewer than 15626" in answer.error

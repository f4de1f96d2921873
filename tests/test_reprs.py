"""What a notebook shows of the main things: one short line."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

import hypernets
import nas
import search_spaces
from cli.space import task_for
from nas.seeding import rng
from nas.space.candidate import sample
from nas.space.own_space import own_space
from tests.nas.study.study_toys import DIGITS, toy_search

LONGEST = 100
SPACES = {name: search_spaces.get(name, task_for(name)) for name in search_spaces.names()}


def built(trial: Any, task: Any) -> nn.Module:
    """One layer: its name is what is shown."""
    return nn.Identity()


def is_short(text: str) -> bool:
    return len(text) <= LONGEST and "\n" not in text


@pytest.mark.parametrize("name", SPACES)
def test_spaces_their_architectures_and_graphs(name: str) -> None:
    space = SPACES[name]
    found = sample(space, rng(0, "repr"))
    for thing in (space, found, found.graph):
        assert is_short(repr(thing))
    assert repr(space).startswith(type(space).__name__)
    assert found.hash[:8] in repr(found)
    assert f"{len(found.graph.nodes):,} nodes" in repr(found.graph)


def test_a_space_of_the_user() -> None:
    assert repr(own_space(built, DIGITS)) == "OwnSpace('built')"


def test_a_hypernetwork_and_data() -> None:
    hypernet = hypernets.load("nasnet-digits")
    assert is_short(repr(hypernet))
    assert "'nasnet-digits'" in repr(hypernet)
    digits = nas.load_dataset("digits")
    assert is_short(repr(digits))
    assert repr(digits) == (
        "Dataset('digits': 1 channel, 10 outputs; train 1078, val 360, test 359)"
    )


def test_what_a_search_found(tmp_path: Any) -> None:
    result = toy_search(tmp_path / "run", n_trials=4, finalists=0, max_epochs=0)
    assert is_short(repr(result))
    assert repr(result) == (
        f"SearchResult(4 scored, 0 trained in 'run'; best #{result.best.number})"
    )
    assert is_short(repr(result.best))
    assert repr(result.best).startswith(
        f"Found(#{result.best.number}, {result.best.candidate.hash[:8]}, "
    )

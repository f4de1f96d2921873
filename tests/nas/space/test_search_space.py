from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, replace
from typing import ClassVar

import optuna
import pytest

from nas.errors import ConfigError, EncodingError
from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from nas.testing.search_space import SearchSpaceConformance
from tests.nas.space.space_toys import MIXED, PARAMS, TASK, Mixed


class TestMixed(SearchSpaceConformance):
    @staticmethod
    def spaces():
        return [MIXED]

    @staticmethod
    def proxy(space):
        return space.at(width=2, resolution=4)


def test_a_space_is_a_frozen_value():
    assert Mixed(task=TASK) == MIXED
    assert hash(Mixed(task=TASK)) == hash(MIXED)
    with pytest.raises(FrozenInstanceError):
        MIXED.width = 8  # type: ignore[misc]


def test_a_space_must_say_how_to_build():
    with pytest.raises(TypeError, match="build"):
        SearchSpace(task=TASK)  # type: ignore[abstract]


def test_the_notation_is_json_unless_a_space_has_its_own():
    assert MIXED.encode({"a": 1, "b": "x"}) == '{"a":1,"b":"x"}'
    assert MIXED.decode(' {"b": "x", "a": 1}\n') == {"a": 1, "b": "x"}


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "3", '"text"', "null"])
def test_text_that_is_no_object(text):
    with pytest.raises(EncodingError, match="expected a JSON object of parameters"):
        MIXED.decode(text)


def test_an_architecture_is_replayed():
    graph = MIXED.graph(PARAMS)
    assert graph.shapes["linear"] == (1, 2 * MIXED.width)
    assert MIXED.graph(MIXED.encode(PARAMS)) == graph


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "'depth' is missing"),
        ({**PARAMS, "depth": 7}, "'depth' is 7; expected a number from 0 to 3"),
        ({**PARAMS, "depth": 2}, "'factor1' is missing"),
        ({**PARAMS, "factor1": 2}, "space 'mixed' has no parameter 'factor1'"),
    ],
)
def test_what_is_not_in_the_space(params, message):
    with pytest.raises(EncodingError, match=message):
        MIXED.graph(params)


def test_optunas_trials_build_the_same_network():
    trial = optuna.create_study().ask()
    graph = MIXED.build(trial)
    assert MIXED.graph(trial.params) == graph


def test_a_proxy_differs_in_size_only():
    small = MIXED.at(width=2)
    assert small == replace(MIXED, width=2)
    assert small.macro() == {"width": 2}
    assert small.graph(PARAMS).shapes["linear"] == (1, 4)
    assert MIXED.at() == MIXED


def test_resolution_is_a_size_of_the_task():
    assert MIXED.at(resolution=4).task == replace(TASK, resolution=4)
    assert MIXED.at(resolution=4).graph(PARAMS).inputs[0].shape == (1, 1, 4, 4)


@pytest.mark.parametrize(
    ("name", "hint"), [("widht", "Did you mean 'width'"), ("xyz", "It has width")]
)
def test_an_unknown_size_suggests_a_known_one(name, hint):
    with pytest.raises(ConfigError, match=f"space 'mixed' has no macro size '{name}'.*{hint}"):
        MIXED.at(**{name: 1})


@pytest.mark.parametrize("resolution", ["abc", 8.5, True, 0, -8])
def test_a_resolution_is_a_number_of_pixels(resolution):
    with pytest.raises(ConfigError, match=f"whole number of pixels.*got {resolution!r}"):
        MIXED.at(resolution=resolution)


def test_nothing_is_known_of_a_space_that_says_nothing():
    assert MIXED.size() is None
    assert Mixed.macro_for(TASK) == {}


class Unfinished(SearchSpace):
    """A beginner's space: what it builds is given by ``end``."""

    name: ClassVar[str] = "unfinished"
    end: ClassVar[str] = "nothing"

    def build(self, trial):
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        if self.end == "images":
            return b.build(x)
        return None if self.end == "nothing" else b.build(b.classifier(x, 3))


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("nothing", "build() of space 'unfinished' returned NoneType, expected a Graph"),
        ("images", "output (1, 1, 8, 8), expected scores of 10 classes"),
        ("other classes", "output (1, 3), expected scores of 10 classes"),
    ],
)
def test_what_build_gives_must_be_a_network_for_the_task(monkeypatch, end, message):
    monkeypatch.setattr(Unfinished, "end", end)
    space = Unfinished(task=TASK)
    with pytest.raises(ConfigError, match=re.escape(message)):
        space.graph({})


def test_a_space_without_a_name_is_refused_where_it_is_defined():
    with pytest.raises(ConfigError, match="class Nameless has no name"):

        class Nameless(SearchSpace):
            def build(self, trial):
                return MIXED.build(trial)


def test_description_and_source_may_be_left_out():
    assert (Unfinished.description, Unfinished.source) == ("", "")


def test_malformed_json_is_quoted_and_not_its_parser():
    with pytest.raises(EncodingError, match=r"got '\{bad'$"):
        MIXED.decode("{bad")

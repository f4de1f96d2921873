"""The conformance tests find what is wrong with a search space."""

from __future__ import annotations

import json
from itertools import count

import pytest

from nas.graph.builder import GraphBuilder
from nas.testing.search_space import SearchSpaceConformance
from tests.nas.space.space_toys import PARAMS, TASK, Mixed, Single


class Suite(SearchSpaceConformance):
    @staticmethod
    def spaces():
        return []

    @staticmethod
    def proxy(space):
        return space.at(resolution=4)


def outcomes(space):
    """Names of the tests that a space fails."""
    suite = Suite()
    failed = set()
    for name in dir(suite):
        if name.startswith("test_"):
            try:
                getattr(suite, name)(space)
            except (Exception, pytest.fail.Exception):
                failed.add(name)
    return failed


def changed(**members):
    """The toy space with some of its methods replaced."""
    return type("Changed", (Mixed,), members)(task=TASK)


def test_a_sound_space_passes():
    assert outcomes(changed()) == set()


def other_classes(self, trial):
    b = GraphBuilder()
    x = b.input((1, 1, 8, 8))
    return b.build(b.classifier(x, trial.suggest_int("classes", 2, 5)))


def unseeded(self, trial, counter=count(1)):  # noqa: B008 (state is the fault)
    b = GraphBuilder()
    x = b.linear(b.input((1, trial.suggest_int("a", 1, 9))), next(counter))
    return b.build(b.linear(x, 10))


def fixed_resolution(self, trial):
    if self.task.resolution != 8:
        raise ValueError("8 only")
    return Mixed.build(self, trial)


def own_choices(self, trial):
    trial.suggest_int(f"at_{self.task.resolution}", 0, 9)
    return Mixed.build(self, trial)


@pytest.mark.parametrize(
    ("members", "test"),
    [
        ({"description": "two\nlines"}, "test_describes_itself"),
        ({"build": other_classes}, "test_samples_are_well_formed_networks_for_the_task"),
        ({"build": unseeded}, "test_parameters_rebuild_the_graph"),
        (
            {"encode": lambda self, params: json.dumps({**params, "rate": 0.0})},
            "test_notation_returns_the_parameters",
        ),
        (
            {"decode": lambda self, text: {**json.loads(text or "{}"), "depth": 0}},
            "test_notation_and_parameters_are_one_network",
        ),
        ({"decode": lambda self, text: {}}, "test_notation_returns_the_parameters"),
        (
            {"decode": lambda self, text: json.loads(text)},
            "test_text_that_is_no_architecture_is_refused",
        ),
        ({"build": fixed_resolution}, "test_proxies_share_parameters_and_notation"),
        ({"build": own_choices}, "test_proxies_share_parameters_and_notation"),
        (
            {"known": lambda self: {"one": {"depth": 99}}},
            "test_known_designs_are_networks_of_the_space",
        ),
        (
            {"known": lambda self: {"": PARAMS}},
            "test_known_designs_are_networks_of_the_space",
        ),
        (
            {"known": lambda self: {name: PARAMS for name in "ab"}},
            "test_known_designs_differ",
        ),
        ({"size": lambda self: 1}, "test_size_is_a_bound_on_the_distinct_samples"),
    ],
)
def test_a_fault_is_found(members, test):
    assert test in outcomes(changed(**members))


def test_a_space_of_one_architecture_is_no_search_space():
    assert outcomes(Single(task=TASK)) >= {
        "test_samples_differ",
        "test_mutants_differ_and_stay_inside",
    }

from __future__ import annotations

import numpy as np
import pytest

from nas.errors import ConfigError, EncodingError
from nas.space.candidate import candidate, crossover, mutate, sample
from nas.space.search_space import SearchSpace
from tests.nas.space.space_toys import MIXED, PARAMS, TASK, Single, Weighted

SINGLE = Single(task=TASK)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_candidate_from_parameters_and_from_text():
    built = candidate(MIXED, PARAMS)
    assert built.graph == MIXED.graph(PARAMS)
    assert built.architecture == '{"depth":1,"factor0":2,"function0":"relu","rate":0.1}'
    assert built.hash == built.graph.hash()
    again = candidate(MIXED, built.architecture)
    assert again.params == PARAMS
    assert again.hash == built.hash


def test_numbers_of_another_type_are_the_same_candidate():
    text = '{"depth":1.0,"factor0":2.0,"function0":"relu","rate":0.1}'
    assert candidate(MIXED, text).hash == candidate(MIXED, PARAMS).hash


def test_a_wrong_choice_is_refused():
    with pytest.raises(EncodingError, match="'function0' is 'gelu'; expected one of"):
        candidate(MIXED, {**PARAMS, "function0": "gelu"})


def test_samples_follow_the_generator():
    first = [sample(MIXED, generator).params for generator in [rng(1)] for _ in range(10)]
    again = [sample(MIXED, generator).params for generator in [rng(1)] for _ in range(10)]
    assert first == again
    assert len({str(params) for params in first}) > 1


def test_samples_reach_every_choice():
    generator = rng()
    drawn = [sample(MIXED, generator).params for _ in range(200)]
    assert {params["depth"] for params in drawn} == {0, 1, 2, 3}
    assert {params["rate"] for params in drawn} == {0.0, 0.1, 0.2, 0.3}
    assert {params["factor0"] for params in drawn if "factor0" in params} == set(range(1, 9))


def test_a_mutant_differs_in_one_choice():
    generator = rng()
    for _ in range(100):
        mutant = mutate(MIXED, PARAMS, generator)
        changed = {name for name in PARAMS if mutant.params.get(name) != PARAMS[name]}
        assert changed
        assert MIXED.graph(mutant.params) == mutant.graph
        if mutant.params["depth"] == PARAMS["depth"]:
            assert len(changed) == 1
            assert mutant.params.keys() == PARAMS.keys()
        else:
            others = {"factor0", "function0", "rate"} & mutant.params.keys()
            assert all(mutant.params[name] == PARAMS[name] for name in others)


def test_every_choice_mutates():
    generator = rng()
    mutants = [mutate(MIXED, PARAMS, generator).params for _ in range(100)]
    for name in PARAMS:
        assert any(mutant.get(name) != PARAMS[name] for mutant in mutants)


def test_a_new_choice_is_drawn_where_the_mutated_one_asks_for_it():
    generator = rng()
    mutants = [mutate(MIXED, PARAMS, generator).params for _ in range(100)]
    deeper = [mutant for mutant in mutants if mutant["depth"] == 3]
    assert len({mutant["function2"] for mutant in deeper}) == 2


def test_the_parent_is_not_changed():
    before = dict(PARAMS)
    mutate(MIXED, PARAMS, rng())
    crossover(MIXED, PARAMS, {**PARAMS, "rate": 0.3}, rng())
    assert before == PARAMS


def test_a_space_of_one_architecture_cannot_mutate():
    with pytest.raises(ConfigError, match="space 'single' has one architecture"):
        mutate(SINGLE, {"classes": 10}, rng())


def test_choices_that_are_all_equal_do_not_mutate():
    generator = rng()
    for _ in range(20):
        mutant = mutate(Weighted(task=TASK), {"width": 4, "classes": 10}, generator)
        assert mutant.params == {"width": 8, "classes": 10}


def test_a_child_takes_each_choice_from_a_parent():
    short = {"depth": 1, "factor0": 8, "function0": "tanh", "rate": 0.3}
    long = {**PARAMS, "depth": 2, "factor1": 2, "function1": "relu"}
    parents = (short, long)
    generator, seen = rng(), set()
    for _ in range(100):
        child = crossover(MIXED, short, long, generator)
        assert MIXED.graph(child.params) == child.graph
        for name, value in child.params.items():
            assert value in [parent[name] for parent in parents if name in parent]
        seen.add((child.params["depth"], child.params["function0"]))
    assert seen == {(depth, function) for depth in (1, 2) for function in ("relu", "tanh")}


def test_children_of_one_parent_are_that_parent():
    assert crossover(MIXED, PARAMS, PARAMS, rng()).params == PARAMS


def test_candidates_are_compared_by_identity():
    """Equal graphs have equal hashes."""
    one, other = candidate(MIXED, PARAMS), candidate(MIXED, PARAMS)
    assert one != other
    assert one.hash == other.hash
    assert isinstance(one.space, SearchSpace)

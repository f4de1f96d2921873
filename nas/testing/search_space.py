"""Conformance tests of search spaces."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nas.compile.module import to_module
from nas.errors import ConfigError, EncodingError
from nas.graph.check import check
from nas.space.candidate import candidate, crossover, mutate, sample

if TYPE_CHECKING:
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_SAMPLES = 8


class SearchSpaceConformance(ABC):
    """Inherit it in a pytest class and list the spaces, small enough to build quickly.

    Example:
        >>> from nas.space import Task
        >>> class TestMySpace(SearchSpaceConformance):
        ...     @staticmethod
        ...     def spaces():
        ...         return [MySpace(task=Task(classes=10, channels=1, resolution=8))]
        ...
        ...     @staticmethod
        ...     def proxy(space):
        ...         return space.at(channels=4)
    """

    @staticmethod
    @abstractmethod
    def spaces() -> list[SearchSpace]:
        """The spaces under test."""

    @staticmethod
    @abstractmethod
    def proxy(space: SearchSpace) -> SearchSpace:
        """The same space at other macro sizes, or at another resolution."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each space."""
        metafunc.parametrize("space", self.spaces(), ids=lambda space: space.name)

    @staticmethod
    def samples(space: SearchSpace, seed: int = 0) -> list[Candidate]:
        """A few random candidates."""
        rng = np.random.default_rng(seed)
        return [sample(space, rng) for _ in range(_SAMPLES)]

    def test_describes_itself(self, space: SearchSpace) -> None:
        assert space.name
        assert space.description
        assert "\n" not in space.description
        assert space.source

    def test_samples_are_well_formed_networks_for_the_task(self, space: SearchSpace) -> None:
        for drawn in self.samples(space):
            check(drawn.graph)
            (output,) = drawn.graph.outputs
            assert drawn.graph.shapes[output][-1] == space.task.classes

    def test_samples_differ(self, space: SearchSpace) -> None:
        assert len({drawn.hash for drawn in self.samples(space)}) > 1

    def test_same_seed_same_candidates(self, space: SearchSpace) -> None:
        assert [d.params for d in self.samples(space)] == [d.params for d in self.samples(space)]
        first, other = self.samples(space, seed=1), self.samples(space, seed=2)
        assert [d.params for d in first] != [d.params for d in other]

    def test_parameters_rebuild_the_graph(self, space: SearchSpace) -> None:
        for drawn in self.samples(space):
            assert space.rebuild(drawn.params)[1] == drawn.graph

    def test_parameters_survive_a_database(self, space: SearchSpace) -> None:
        for drawn in self.samples(space):
            stored = json.loads(json.dumps(dict(drawn.params)))
            assert stored == drawn.params
            assert space.rebuild(stored)[1].hash() == drawn.graph.hash()

    def test_notation_returns_the_parameters(self, space: SearchSpace) -> None:
        for drawn in self.samples(space):
            params = space.decode(space.encode(drawn.params))
            assert params == drawn.params or space.canonical_notation
            assert space.encode(params) == drawn.architecture

    def test_notation_and_parameters_are_one_network(self, space: SearchSpace) -> None:
        for drawn in self.samples(space):
            assert space.rebuild(space.decode(drawn.architecture))[1].hash() == drawn.graph.hash()
            params = candidate(space, drawn.architecture).params
            assert params == drawn.params or space.canonical_notation

    def test_text_that_is_no_architecture_is_refused(self, space: SearchSpace) -> None:
        for text in ("", "nonsense", "{", "[]", "null", '{"nonsense": 1}'):
            with pytest.raises(EncodingError):
                space.graph(text)

    def test_missing_and_surplus_parameters_are_refused(self, space: SearchSpace) -> None:
        params = self.samples(space)[0].params
        first = next(iter(params))
        with pytest.raises(EncodingError, match=first):
            space.graph({name: value for name, value in params.items() if name != first})
        with pytest.raises(EncodingError, match="nonsense"):
            space.graph({**params, "nonsense": 1})

    def test_mutants_differ_and_stay_inside(self, space: SearchSpace) -> None:
        rng = np.random.default_rng(3)
        for drawn in self.samples(space):
            mutant = mutate(space, drawn.params, rng)
            assert mutant.params != drawn.params
            assert space.rebuild(mutant.params)[1] == mutant.graph
            check(mutant.graph)

    def test_children_stay_inside(self, space: SearchSpace) -> None:
        rng = np.random.default_rng(4)
        for first, second in pairwise(self.samples(space)):
            child = crossover(space, first.params, second.params, rng)
            assert space.rebuild(child.params)[1] == child.graph
            check(child.graph)

    def test_proxies_share_parameters_and_notation(self, space: SearchSpace) -> None:
        proxy = self.proxy(space)
        assert proxy != space
        for drawn in self.samples(space):
            small = candidate(proxy, drawn.params)
            check(small.graph)
            assert small.architecture == drawn.architecture
            assert small.graph.outputs == drawn.graph.outputs
        assert [d.params for d in self.samples(proxy)] == [d.params for d in self.samples(space)]

    def test_macro_sizes_are_those_it_can_be_built_with(self, space: SearchSpace) -> None:
        assert space.at(**space.macro()) == space
        with pytest.raises(ConfigError, match="no macro size 'nonsense'"):
            space.at(nonsense=1)

    def test_known_designs_are_networks_of_the_space(self, space: SearchSpace) -> None:
        inputs = space.task.traits.example(space.task.width, space.task.resolution)
        for name, params in space.known().items():
            assert name.strip()
            found, graph = space.replay(params)
            assert found == params
            module = to_module(graph).eval()
            scores = module(*inputs)
            assert scores.shape[-1] == space.task.classes
            scores.sum().backward()
            assert any(weight.grad is not None for weight in module.parameters())

    def test_known_designs_differ(self, space: SearchSpace) -> None:
        notations = [space.encode(params) for params in space.known().values()]
        assert len(set(notations)) == len(notations)

    def test_size_is_a_bound_on_the_distinct_samples(self, space: SearchSpace) -> None:
        size = space.size()
        assert size is None or size >= len({d.architecture for d in self.samples(space)})

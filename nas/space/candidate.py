"""Candidates of a space: sampling, mutation and crossover."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, counted
from nas.space.trial import ReplayTrial, contains, draw_other, has_others

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.space.search_space import Params, SearchSpace


@dataclass(frozen=True, eq=False)
class Candidate:
    """A space, the parameters of one architecture of it, and its graph."""

    space: SearchSpace
    params: Params
    graph: Graph

    def __repr__(self) -> str:
        size = counted(len(self.graph.nodes), "node")
        return f"Candidate({self.space.name!r}, {self.hash[:8]}, {size})"

    @property
    def architecture(self) -> str:
        """The architecture in the notation of its space."""
        return self.space.encode(self.params)

    @property
    def network(self) -> Graph:
        """The graph without parts that cannot change its result.

        Equal hashes mean equal networks, so cost and training are those of this graph.
        """
        return self.graph.simplified

    def module(self, seed: int) -> OwnModule | None:
        """The user's module of the network, if there is one; see :meth:`SearchSpace.module`."""
        return self.space.module(self.params, seed)

    @property
    def hash(self) -> str:
        """Identity up to isomorphism, see :meth:`nas.graph.Graph.hash`.

        Candidates with different training settings have different identities.
        """
        overrides = self.space.training_overrides(self.params)
        if not overrides:
            return self.graph.hash()
        text = f"{self.graph.hash()} {sorted(overrides.items())}"
        return blake2b(text.encode(), digest_size=16).hexdigest()


def candidate(space: SearchSpace, architecture: Params | str) -> Candidate:
    """The candidate of given parameters or of their notation.

    Raises:
        EncodingError: The architecture is not in the space.
    """
    return Candidate(space, *space.replay(architecture))


def sample(space: SearchSpace, rng: np.random.Generator) -> Candidate:
    """A random candidate with uniform choices."""
    return _replay(space, {}, rng)


def mutate(space: SearchSpace, params: Params, rng: np.random.Generator) -> Candidate:
    """A candidate that differs in one choice, and in those that become invalid by it.

    Raises:
        ConfigError: No choice has another value.
    """
    trial = ReplayTrial(params)
    space.assemble(trial)
    open_choices = [
        name for name, distribution in trial.distributions.items() if has_others(distribution)
    ]
    if not open_choices:
        raise ConfigError(f"space {space.name!r} has one architecture, so nothing can mutate")
    name = open_choices[rng.integers(len(open_choices))]
    value = draw_other(trial.distributions[name], trial.params[name], rng)
    assert contains(trial.distributions[name], value)
    return _replay(space, {**trial.params, name: value}, rng)


def crossover(
    space: SearchSpace, first: Params, second: Params, rng: np.random.Generator
) -> Candidate:
    """A candidate that takes each choice from one of two parents at random."""
    names = dict.fromkeys([*first, *second])
    mixed: dict[str, Any] = {}
    for name in names:
        order = (first, second) if rng.integers(2) else (second, first)
        mixed[name] = next(parent[name] for parent in order if name in parent)
    return _replay(space, mixed, rng)


def _replay(space: SearchSpace, given: Mapping[str, Any], rng: np.random.Generator) -> Candidate:
    trial = ReplayTrial(given, rng)
    graph = space.assemble(trial)
    return Candidate(space, trial.params, graph)

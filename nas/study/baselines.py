"""Networks of the user that a search is compared with."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import nn

from nas.errors import ConfigError, described
from nas.graph.graph import Graph
from nas.space.candidate import candidate
from nas.space.own_space import own_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.space.candidate import Candidate
    from nas.space.trial import Trial
    from nas.task.task import Task

    Baseline = nn.Module | Graph | Callable[[], nn.Module | Graph]


def baselines_of(given: Mapping[str, Baseline], task: Task) -> dict[str, Candidate]:
    """Networks as candidates, each in a space that holds it alone.

    Args:
        given: Networks by name: a module, trained from its own initial values, a graph, or a
            function without arguments that returns one.
        task: The task of the search.

    Raises:
        ConfigError: A baseline has a wrong type, or is no network for the task.
        ImportingError: A module does not run on inputs of the task.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"expected baselines as networks by name, got {described(given)}",
            hint='Write baselines={"mine": network}.',
        )
    return {name: _candidate(name, network, task) for name, network in given.items()}


def _candidate(name: str, network: Baseline, task: Task) -> Candidate:
    if not (isinstance(network, nn.Module | Graph) or callable(network)):
        raise ConfigError(
            f"expected the baseline {name!r} as a torch module, a Graph or a function that makes "
            f"one, got {described(network)}"
        )

    def build(trial: Trial, task: Task) -> nn.Module | Graph:
        if isinstance(network, Graph):
            return network
        return copy.deepcopy(network) if isinstance(network, nn.Module) else network()

    space = own_space(build, task, name=name, source=f"baseline {name}")
    return candidate(space, {})

"""One network of the user's choice, given in any form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from nas.errors import ConfigError, described
from nas.evaluate.named import space_of
from nas.graph.graph import Graph
from nas.space.candidate import Candidate, candidate
from nas.study.baselines import baselines_of

if TYPE_CHECKING:
    from nas.task.task import Task


def found_network(network: object, space: Any, task: Task) -> Graph | Candidate:
    """The network as a graph or a candidate.

    Args:
        network: A module, a graph, a candidate, or a notation of ``space``.
        space: The space of a notation, or None.
        task: The task of the network.

    Raises:
        ConfigError: It is none of these.
        EncodingError: The notation is not in the space.
        ImportingError: The module does not run on inputs of the task.
    """
    if isinstance(network, Graph | Candidate):
        return network
    if isinstance(network, nn.Module):
        return baselines_of({"network": network}, task)["network"]
    if isinstance(network, str) and space is not None:
        return candidate(space_of(space, task), network)
    raise ConfigError(
        "expected a torch module, a nas.Graph, a nas.Candidate, or a notation with its space, "
        f"got {described(network)}",
        hint='nas.train("|nor_conv_3x3~0|+...", "cifar10", space="nb201") names both.',
    )

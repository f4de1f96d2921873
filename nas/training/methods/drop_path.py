"""Drop path: residual branches that are left out at random during training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops.dropout import DropPath
from nas.graph.ops.merge import Add

if TYPE_CHECKING:
    from nas.training.config import TrainConfig


def training_graph(graph: Graph, config: TrainConfig, *, is_own: bool = False) -> Graph:
    """The graph that is trained in place of a network; it has the same parameters.

    Args:
        graph: The network.
        config: Its ``drop_path`` is the rate of the last branch; 0 leaves the graph as it is.
        is_own: Whether a user's module is trained in place of the graph's.

    Raises:
        ConfigError: Paths of the network cannot be dropped.
    """
    if not config.drop_path:
        return graph
    if is_own:
        raise ConfigError(
            "drop_path cannot be added to your own module, which is trained itself",
            hint="Write it into the module.",
        )
    return with_drop_path(graph, config.drop_path)


def with_drop_path(graph: Graph, rate: float) -> Graph:
    """A graph with drop path on each residual branch, which changes nothing in evaluation mode.

    A residual branch is an input of a sum that is computed from another of its inputs, the
    shortcut. Rates rise linearly over the sums up to the given one (Huang et al. 2016, Deep
    Networks with Stochastic Depth, §3).

    Raises:
        ConfigError: There is none.
    """
    branches = _branches(graph)
    if not branches:
        raise ConfigError(
            "drop_path cannot be used: the network has no branch beside an identity shortcut"
        )
    sums = {name: place for place, name in enumerate(branches, 1)}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = list(node.inputs)
        for place in branches.get(node.name, ()):
            op = DropPath(rate=rate * sums[node.name] / len(sums))
            nodes.append(Node(f"drop_path_{len(nodes)}", op, (inputs[place],)))
            inputs[place] = nodes[-1].name
        nodes.append(Node(node.name, node.op, tuple(inputs)))
    return Graph(graph.inputs, tuple(nodes), graph.outputs)


def _branches(graph: Graph) -> dict[str, list[int]]:
    """Places of the residual branches among the inputs of each sum that has some."""
    sources: dict[str, frozenset[str]] = {spec.name: frozenset() for spec in graph.inputs}
    found = {}
    for node in graph.nodes:
        sources[node.name] = frozenset(node.inputs).union(*(sources[one] for one in node.inputs))
        if isinstance(node.op, Add):
            inputs = frozenset(node.inputs)
            places = [i for i, name in enumerate(node.inputs) if sources[name] & inputs]
            if places:
                found[node.name] = places
    return found

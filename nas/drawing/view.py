"""The view of an architecture for drawings: computed values, without learned tensors."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nas.graph.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nas.drawing.entry import Entry
    from nas.graph.graph import Graph


@dataclass(frozen=True, eq=False)
class View:
    """A graph without the nodes that hold learned or fixed tensors.

    Attributes:
        graph: The architecture.
    """

    graph: Graph

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The operations, their inputs cut to values that are computed."""
        return tuple(
            Node(node.name, node.op, tuple(n for n in node.inputs if n not in self._held))
            for node in self.graph.nodes
            if node.name not in self._held
        )

    @cached_property
    def ambient(self) -> Mapping[str, int]:
        """Inputs beside the first that several operations read, with the number of readers.

        The edges of a data graph are one: every layer reads them, so arrows would not inform.
        """
        readers = {
            spec.name: len(self.graph.consumers[spec.name]) for spec in self.graph.inputs[1:]
        }
        return {name: count for name, count in readers.items() if count > 1}

    def reads(self, entry: Entry) -> tuple[str, ...]:
        """Names of the values that an entry reads from outside, without ambient ones."""
        return tuple(name for name in entry.reads() if name not in self.ambient)

    def cost(self, nodes: Iterable[Node]) -> tuple[int, int]:
        """Parameters, and multiply-accumulates for one sample, of some nodes.

        A learned tensor counts for its first reader.
        """
        costs = [self._costs[node.name] for node in nodes]
        return sum(params for params, _ in costs), sum(macs for _, macs in costs)

    @cached_property
    def _held(self) -> frozenset[str]:
        names = (node.name for node in self.graph.nodes if not node.inputs)
        return frozenset(names) - frozenset(self.graph.outputs)

    @cached_property
    def _costs(self) -> dict[str, tuple[int, int]]:
        own: Counter[str] = Counter()
        for name, spec in self.graph.parameters().items():
            owner = self.graph.owners[name]
            readers = self.graph.consumers[owner] if owner in self._held else ()
            own[readers[0] if readers else owner] += math.prod(spec.shape)
        return {
            node.name: (own[node.name], node.op.macs(*self.graph.input_shapes(node)))
            for node in self.graph.nodes
        }

"""The common base of spaces of stacked attention layers."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from search_spaces.macro import check_minimum, check_node_space, check_rate
from search_spaces.nodes.attention_layer import HIDDEN, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task
    from search_spaces.nodes.attention_layer import AttentionLayer


KNOWN: dict[str, tuple[str, int, int, str]] = {
    "GCN": ("gcn", 1, 16, "relu"),
    "GAT": ("gat", 8, 8, "elu"),
}
"""Attention, heads, features of each head and activation of the hidden layers: Kipf & Welling
2017, Velickovic et al. 2018. The last layer has one head and no activation."""


@dataclass(frozen=True, kw_only=True)
class AttentionSpace(SearchSpace):
    """A stack of attention layers; the outputs of the last one are the class scores.

    Attributes:
        layers: Depth.
        width: The widest hidden size; all are scaled by it. 256 in the papers; a space chosen by
            name has 64, which a CPU trains in minutes.
        dropout: Rate of dropout on the inputs of a layer and on its attention.
    """

    proxy_limits: ClassVar[Mapping[str, int | str]] = {"width": 64}

    sums: ClassVar[Mapping[str, str]]
    """Choices of a layer that adds up its messages."""

    layers: int = 2
    width: int = 256
    dropout: float = 0.6

    def __post_init__(self) -> None:
        check_node_space(self)
        check_minimum(self, "width", 64)
        check_rate(self, "dropout")

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return {"width": 64}

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x, edges = b.input((1, self.task.features)), b.edge_index()
        for number in range(self.layers):
            with b.scope(f"layer{number}"):
                x = self._layer(trial, number).add(b, x, edges)
        return b.build(x)

    def known(self) -> dict[str, dict[str, Any]]:
        """GCN and GAT at their published widths, where the space has these.

        All hidden layers are equal.
        """
        found = {}
        for name, (attention, heads, features, activation) in KNOWN.items():
            hidden = next((one for one in HIDDEN if scaled(one, self.width) == features), None)
            if hidden is not None:
                layer = {"hidden": hidden, "heads": heads, "activation": activation}
                found[name] = self._stack({**layer, "attention": attention, **self.sums})
        return found

    def _stack(self, layer: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a stack of equal layers; the last has one head and no activation."""
        last = {**layer, "heads": 1, "activation": "linear"}
        del last["hidden"]
        return {
            f"layer{number}.{name}": value
            for number in range(self.layers)
            for name, value in (last if self._is_last(number) else layer).items()
        }

    @abstractmethod
    def _layer(self, trial: Trial, number: int) -> AttentionLayer:
        """The layer of that number, from 0."""

    def _is_last(self, number: int) -> bool:
        return number == self.layers - 1

    def _count(self, choices: Sequence[Sequence[object]]) -> int:
        """Number of combinations of choices in all layers, without the width of the last one.

        It is a seventh of the number in the papers: the last width is the number of classes, not
        a choice.
        """
        each: int = math.prod(map(len, choices))
        return int(each**self.layers // len(HIDDEN))

"""Auto-GNN: six choices for each layer of a graph network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.graph.builder import GraphBuilder
from nas.graph.ops.neighbour_attention import ATTENTIONS
from nas.graph.ops.neighbourhood import AGGREGATIONS
from nas.space.search_space import SearchSpace
from search_spaces.attention_layer import (
    ACTIVATIONS,
    HEADS,
    HIDDEN,
    PERCEPTRON,
    AttentionLayer,
    scaled,
)
from search_spaces.macro import check_minimum, check_node_space, check_rate
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.graph import Graph
    from nas.space.task import Task
    from nas.space.trial import Trial

AGGREGATES = {"sum": "add", "mean": "mean", "max": "max"}
COMBINES = {"identity": 0, "mlp": PERCEPTRON}


@register
@dataclass(frozen=True, kw_only=True)
class AutoGnn(SearchSpace):
    """A stack of attention layers, the last one giving the class scores.

    Every layer has a hidden width, an attention, a number of heads, an aggregation, a combination
    of what was heard, ``identity`` or a perceptron, and an activation. The authors published no
    program; dropout, self-loops and averaged heads at the end are those of GraphNAS, whose
    space this one extends.

    Attributes:
        layers: Depth.
        width: The widest hidden size; all are scaled by it. 256 in the paper; a space asked for by
            name has 64, which a CPU trains in minutes.
        dropout: Rate on the inputs of a layer and on its attention.

    Example:
        >>> from nas.space.task import NODE_CLASSIFICATION, Task
        >>> cora = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
        >>> AutoGnn(task=cora).size()
        28449792
    """

    name: ClassVar[str] = "gnn"
    description: ClassVar[str] = "Auto-GNN: attention layers of six choices each"
    source: ClassVar[str] = "Zhou et al., Auto-GNN, 2019"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"width": 64}

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

    def size(self) -> int:
        """Less by 7 than the 14,112 to the power of the layers that are usually given.

        The hidden width of the last layer, which is the number of classes, is no choice.
        """
        choices = (HIDDEN, ATTENTIONS, HEADS, AGGREGATIONS, COMBINES, ACTIVATIONS)
        count = 1
        for values in choices:
            count *= len(values)
        return int(count**self.layers // len(HIDDEN))

    def _layer(self, trial: Trial, number: int) -> AttentionLayer:
        choose, name = trial.suggest_categorical, f"layer{number}"
        last = number == self.layers - 1
        classes = self.task.classes
        return AttentionLayer(
            hidden=classes if last else scaled(choose(f"{name}.hidden", HIDDEN), self.width),
            attention=choose(f"{name}.attention", ATTENTIONS),
            heads=choose(f"{name}.heads", HEADS),
            aggregation=AGGREGATES[choose(f"{name}.aggregate", tuple(AGGREGATES))],
            perceptron=COMBINES[choose(f"{name}.combine", tuple(COMBINES))],
            activation=choose(f"{name}.activation", ACTIVATIONS),
            pool=0,
            first=number == 0,
            last=last,
            dropout=self.dropout,
        )

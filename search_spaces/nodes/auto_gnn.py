"""Auto-GNN: six choices for each layer of a graph network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.graph.ops.messages.neighbour_attention import ATTENTIONS
from search_spaces.nodes.attention_layer import (
    ACTIVATIONS,
    HEADS,
    HIDDEN,
    PERCEPTRON,
    AttentionLayer,
    scaled,
)
from search_spaces.nodes.attention_space import AttentionSpace
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.space.trial import Trial

AGGREGATES = {"sum": "add", "mean": "mean", "max": "max"}
COMBINES = {"identity": 0, "mlp": PERCEPTRON}


@register
@dataclass(frozen=True, kw_only=True)
class AutoGnn(AttentionSpace):
    """A stack of attention layers; the outputs of the last one are the class scores.

    Every layer has a hidden width, an attention, a number of heads, an aggregation, a combination
    (``identity`` or a perceptron on the aggregated messages), and an activation. The authors
    published no program; dropout, self-loops and averaged heads at the end are those of GraphNAS,
    whose space this one extends.

    Example:
        >>> from nas.task import NODE_CLASSIFICATION, Task
        >>> cora = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
        >>> AutoGnn(task=cora).size()
        28449792
    """

    name: ClassVar[str] = "gnn"
    description: ClassVar[str] = "Auto-GNN: attention layers of six choices each"
    source: ClassVar[str] = "Zhou et al., Auto-GNN, 2019"
    sums: ClassVar[Mapping[str, str]] = {"aggregate": "sum", "combine": "identity"}

    def size(self) -> int:
        """14,112 to the power of the layers in the paper; see the base class."""
        choices = (HIDDEN, tuple(ATTENTIONS), HEADS, tuple(AGGREGATES), tuple(COMBINES))
        return self._count((*choices, ACTIVATIONS))

    def _layer(self, trial: Trial, number: int) -> AttentionLayer:
        choose, name = trial.suggest_categorical, f"layer{number}"
        last = self._is_last(number)
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

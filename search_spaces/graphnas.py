"""GraphNAS: five choices for each layer of a graph network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.graph.builder import GraphBuilder
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
    from nas.space.search_space import Params
    from nas.space.task import Task
    from nas.space.trial import Trial

ATTENTIONS = {
    "gat": "gat",
    "gcn": "gcn",
    "cos": "cos",
    "const": "const",
    "gat_sym": "sym-gat",
    "linear": "linear",
    "generalized_linear": "gene-linear",
}
AGGREGATORS = {
    "sum": ("add", 0),
    "mean": ("mean", PERCEPTRON),
    "max": ("max", PERCEPTRON),
    "mlp": ("add", PERCEPTRON),
}
"""How messages are joined, and the hidden width of the two linear layers they pass before."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "attention": tuple(ATTENTIONS),
    "aggregator": tuple(AGGREGATORS),
    "activation": ACTIVATIONS,
    "heads": HEADS,
    "hidden": HIDDEN,
}
"""Of a layer, in the order of the notation."""


@register
@dataclass(frozen=True, kw_only=True)
class GraphNas(SearchSpace):
    """A stack of attention layers, the last one giving the class scores.

    The macro space of the authors' program: dropout before each layer and on its attention, heads
    side by side but in the last layer, where they are averaged, an activation after every layer.

    Attributes:
        layers: Depth.
        width: The widest hidden size; all are scaled by it. 256 in the paper; a space asked for by
            name has 64, which a CPU trains in minutes.
        dropout: Rate on the inputs of a layer and on its attention.

    Example:
        >>> from nas.space.task import NODE_CLASSIFICATION, Task
        >>> space = GraphNas(task=Task(kind=NODE_CLASSIFICATION, features=1433, classes=7))
        >>> text = '["const","sum","relu6",2,128,"gat","sum","linear",2,7]'
        >>> space.encode(space.decode(text)) == text
        True
    """

    name: ClassVar[str] = "graphnas"
    description: ClassVar[str] = "GraphNAS: attention layers of five choices each"
    source: ClassVar[str] = "Gao et al., GraphNAS, 2019; IJCAI 2020"
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

    def encode(self, params: Params) -> str:
        """The authors' list of actions as JSON, its last entry the number of classes."""
        return json.dumps(
            [*(params[name] for name in self._names()), self.task.classes], separators=(",", ":")
        )

    def decode(self, text: str) -> dict[str, Any]:
        names = self._names()
        try:
            actions = json.loads(text)
        except json.JSONDecodeError:
            actions = None
        if not isinstance(actions, list) or len(actions) != len(names) + 1:
            raise EncodingError(
                f"expected a JSON list of {len(names) + 1} actions, got {text[:80]!r}",
                hint="The form is [attention, aggregator, activation, heads, hidden, ...].",
            )
        *chosen, classes = actions
        if classes != self.task.classes:
            raise EncodingError(
                f"expected the {self.task.classes} classes as the last width, got {classes!r}"
            )
        return dict(zip(names, chosen, strict=True))

    def size(self) -> int:
        """Less by 7 than the 9,408 to the power of the layers that are usually given.

        The program draws a hidden width for the last layer too and replaces it by the number of
        classes.
        """
        count = 1
        for values in CHOICES.values():
            count *= len(values)
        return int(count**self.layers // len(HIDDEN))

    def _names(self) -> list[str]:
        names = [f"layer{number}.{choice}" for number in range(self.layers) for choice in CHOICES]
        return names[:-1]

    def _layer(self, trial: Trial, number: int) -> AttentionLayer:
        last = number == self.layers - 1
        chosen = {
            choice: trial.suggest_categorical(f"layer{number}.{choice}", values)
            for choice, values in CHOICES.items()
            if not (last and choice == "hidden")
        }
        aggregation, pool = AGGREGATORS[chosen["aggregator"]]
        return AttentionLayer(
            attention=ATTENTIONS[chosen["attention"]],
            aggregation=aggregation,
            pool=pool,
            activation=chosen["activation"],
            heads=chosen["heads"],
            hidden=self.task.classes if last else scaled(chosen["hidden"], self.width),
            first=number == 0,
            last=last,
            dropout=self.dropout,
        )

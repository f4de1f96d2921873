"""GraphNAS: five choices for each layer of a graph network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.files import parse_json
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

    from nas.space.search_space import Params
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
"""Aggregation of messages, and hidden width of the two linear layers applied to them before."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "attention": tuple(ATTENTIONS),
    "aggregator": tuple(AGGREGATORS),
    "activation": ACTIVATIONS,
    "heads": HEADS,
    "hidden": HIDDEN,
}
"""Choices of a layer, in the order of the notation."""


@register
@dataclass(frozen=True, kw_only=True)
class GraphNas(AttentionSpace):
    """A stack of attention layers; the outputs of the last one are the class scores.

    The macro space of the authors' program: dropout before each layer and on its attention, heads
    concatenated, in the last layer averaged, and an activation after every layer.

    Example:
        >>> from nas.task import NODE_CLASSIFICATION, Task
        >>> space = GraphNas(task=Task(kind=NODE_CLASSIFICATION, features=1433, classes=7))
        >>> text = '["const","sum","relu6",2,128,"gat","sum","linear",2,7]'
        >>> space.encode(space.decode(text)) == text
        True
    """

    name: ClassVar[str] = "graphnas"
    description: ClassVar[str] = "GraphNAS: attention layers of five choices each"
    source: ClassVar[str] = "Gao et al., GraphNAS, 2019; IJCAI 2020"
    sums: ClassVar[Mapping[str, str]] = {"aggregator": "sum"}

    def encode(self, params: Params) -> str:
        """The authors' list of actions as JSON, its last entry the number of classes."""
        return json.dumps(
            [*(params[name] for name in self._names()), self.task.classes], separators=(",", ":")
        )

    def decode(self, text: str) -> dict[str, Any]:
        names = self._names()

        def refused(why: str) -> EncodingError:
            return EncodingError(
                f"expected a JSON list of {len(names) + 1} actions, got {text[:80]!r}",
                hint="The form is [attention, aggregator, activation, heads, hidden, ...].",
            )

        actions = parse_json(text, list, refused)
        if len(actions) != len(names) + 1:
            raise refused("another length")
        *chosen, classes = actions
        if classes != self.task.classes:
            raise EncodingError(
                f"expected the {self.task.classes} classes as the last width, got {classes!r}"
            )
        return dict(zip(names, chosen, strict=True))

    def size(self) -> int:
        """9,408 to the power of the layers in the paper; see the base class.

        The program also draws a hidden width for the last layer, and ignores it.
        """
        return self._count(tuple(CHOICES.values()))

    def _names(self) -> list[str]:
        names = [f"layer{number}.{choice}" for number in range(self.layers) for choice in CHOICES]
        return names[:-1]

    def _layer(self, trial: Trial, number: int) -> AttentionLayer:
        last = self._is_last(number)
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

"""GraphGym: the design space of graph networks and of their training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.graph.builder import GraphBuilder
from nas.graph.ops.activation import PReLU
from nas.graph.ops.call import Call
from nas.graph.ops.linear import Linear
from nas.space.search_space import SearchSpace
from search_spaces.macro import check_node_space
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial

DESIGN: dict[str, tuple[Any, ...]] = {
    "batchnorm": (True, False),
    "dropout": (0.0, 0.3, 0.6),
    "act": ("relu", "prelu", "swish"),
    "agg": ("add", "mean", "max"),
    "stage_type": ("stack", "skipsum", "skipconcat"),
    "layers_pre_mp": (1, 2, 3),
    "layers_mp": (2, 4, 6, 8),
    "layers_post_mp": (1, 2, 3),
}
"""Dimensions of the network."""

TRAINING: dict[str, tuple[Any, ...]] = {
    "batch_size": (16, 32, 64),
    "base_lr": (0.1, 0.01, 0.001),
    "optimizer": ("adam", "sgd"),
    "max_epoch": (100, 200, 400),
}
"""Dimensions of its training."""

CONDENSED: dict[str, Any] = {
    "batchnorm": True,
    "dropout": 0.0,
    "act": "prelu",
    "agg": "add",
    "stage_type": "skipsum",
    "layers_pre_mp": 1,
    "layers_mp": 4,
    "layers_post_mp": 2,
    "batch_size": 32,
    "base_lr": 0.01,
    "optimizer": "adam",
    "max_epoch": 400,
}
"""A design of the 96 to which the authors condense the space: norm, dropout, activation and
training are those of all 96, and numbers of layers and skips among theirs."""

_FIELDS = {
    "batch_size": "batch_size",
    "base_lr": "lr",
    "optimizer": "optimiser",
    "max_epoch": "epochs",
}
_UNIT_LENGTH = Call(expression="torch.nn.functional.normalize(x0, p=2.0, dim=-1)")


@register
@dataclass(frozen=True, kw_only=True)
class GraphGym(SearchSpace):
    """Linear layers, message-passing layers with or without skips, linear layers.

    A layer is a product with a weight, aggregated over the neighbours in the middle part, a batch
    norm, dropout and an activation. The middle part ends with vectors of unit length. Slopes of
    ``prelu`` are learned for each layer, where the authors' program shares one. The batch size
    is part of the space, but has no effect on one graph, which is always one batch.

    Attributes:
        channels: Features of a layer.

    Example:
        >>> from nas.task import NODE_CLASSIFICATION, Task
        >>> cora = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
        >>> GraphGym(task=cora).size()
        314928
    """

    name: ClassVar[str] = "graphgym"
    description: ClassVar[str] = "GraphGym: 314,928 designs of graph networks and their training"
    source: ClassVar[str] = "You, Ying & Leskovec, Design Space for Graph Neural Networks, 2020"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 64}

    channels: int = 256

    def __post_init__(self) -> None:
        check_node_space(self)

    def build(self, trial: Trial) -> Graph:
        chosen = {
            name: trial.suggest_categorical(name, values)
            for name, values in {**DESIGN, **TRAINING}.items()
        }
        layers = _Layers(GraphBuilder(), chosen, self.channels)
        b = layers.b
        x, edges = b.input((1, self.task.features)), b.edge_index()
        for number in range(chosen["layers_pre_mp"]):
            x = layers.linear(x, f"pre{number}", self.channels)
        for number in range(chosen["layers_mp"]):
            x = layers.message_passing(x, edges, f"mp{number}")
        x = b.op(_UNIT_LENGTH, x, name="unit_length")
        for number in range(chosen["layers_post_mp"] - 1):
            x = layers.linear(x, f"post{number}", x.channels)
        return b.build(b.op(Linear(out_features=self.task.classes, head=True), x, name="head"))

    def training_overrides(self, params: Params) -> dict[str, Any]:
        """Batch size, learning rate, optimiser and epochs."""
        return {_FIELDS[name]: params[name] for name in TRAINING}

    def known(self) -> dict[str, dict[str, Any]]:
        """A design of the condensed space, with sums of messages and of skips."""
        return {"condensed GraphGym, 4 layers": dict(CONDENSED)}

    def size(self) -> int:
        return math.prod(len(values) for values in (*DESIGN.values(), *TRAINING.values()))


@dataclass(frozen=True)
class _Layers:
    """The layers of one design.

    Attributes:
        b: The builder to which they are added.
        chosen: A value for each dimension.
        channels: Width of message-passing layers.
    """

    b: GraphBuilder
    chosen: Mapping[str, Any]
    channels: int

    def linear(self, x: Value, name: str, width: int) -> Value:
        """A linear layer: (N, F) -> (N, width)."""
        with self.b.scope(name):
            op = Linear(out_features=width, bias=not self.chosen["batchnorm"])
            return self._activated(self._normed(self.b.op(op, x)))

    def message_passing(self, x: Value, edges: Value, name: str) -> Value:
        """A message-passing layer and its skip: (N, F) -> (N, channels), or F + channels."""
        stage, b = self.chosen["stage_type"], self.b
        with b.scope(name):
            y = b.message_passing(
                x,
                edges,
                "general",
                self.channels,
                aggregation=self.chosen["agg"],
                bias=not self.chosen["batchnorm"],
            )
            y = self._normed(y)
            if stage == "skipsum":
                y = b.add(x, y)
            if stage == "skipconcat":
                y = b.concat(x, y)
            return self._activated(y)

    def _normed(self, x: Value) -> Value:
        if self.chosen["batchnorm"]:
            x = self.b.batch_norm(x, name="norm")
        return self.b.dropout(x, self.chosen["dropout"]) if self.chosen["dropout"] else x

    def _activated(self, x: Value) -> Value:
        match self.chosen["act"]:
            case "prelu":
                return self.b.op(PReLU(), x)
            case "swish":
                return self.b.activation(x, "silu")
            case function:
                return self.b.activation(x, function)

"""Graph networks as commonly written: stacks of the layers of torch-geometric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.graph.ops.messages.message_passing_layer import LAYERS
from nas.space.search_space import SearchSpace
from search_spaces.macro import check_minimum, check_node_space, check_rate
from search_spaces.nodes.attention_layer import scaled
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.task.task import Task

WIDTHS = (32, 64, 128, 256)
HEADS = (1, 4, 8)

_PLAIN = {"activation": "relu", "norm": False, "before": False, "residual": False}
_KNOWN: dict[str, dict[str, Any]] = {
    "GCN": {**_PLAIN, "layer": "gcn", "depth": 1, "head": False},
    "GAT": {**_PLAIN, "layer": "gat", "heads": 8, "activation": "elu", "depth": 1, "head": False},
    "GraphSAGE": {**_PLAIN, "layer": "sage", "depth": 1, "head": False},
    "JK-GCN": {**_PLAIN, "layer": "gcn", "depth": 2, "jump": True, "head": True},
}
_KNOWN_WIDTH = 64
"""Eight heads of eight features in GAT."""


@register
@dataclass(frozen=True, kw_only=True)
class GnnLayers(SearchSpace):
    """Stacks of one kind of layer; the last one, or a linear layer, computes the class scores.

    A hypernetwork trained in this space knows commonly used layers, so it predicts useful weights
    for modules of the user (``nas predict``).

    Attributes:
        width: The widest layer; all are scaled by it.
        max_depth: Largest number of layers before the one that computes the scores.
        dropout: Rate before every layer.
    """

    name: ClassVar[str] = "gnn-layers"
    description: ClassVar[str] = "stacks of torch-geometric's layers, as one writes them by hand"
    source: ClassVar[str] = "torch_geometric.nn, its examples and BasicGNN models"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"width": 128}
    general: ClassVar[bool] = True

    width: int = 256
    max_depth: int = 4
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_node_space(self)
        check_minimum(self, "width", 64)
        check_minimum(self, "max_depth", 1)
        check_rate(self, "dropout")

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return {"width": 128}

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x, edges = b.input((1, self.task.features)), b.edge_index()
        choose = trial.suggest_categorical
        style = _Style.drawn(trial, self.width)
        x = self._dropped(b.feature_dropout, x)
        if choose("before", (False, True)):
            x = b.activation(b.linear(x, style.width), style.activation)
            x = self._dropped(b.dropout, x)
        residual = choose("residual", (False, True))
        outputs: list[Value] = []
        for number in range(trial.suggest_int("depth", 1, self.max_depth)):
            with b.scope(f"layer{number}"):
                h = style.block(b, x, edges)
                h = b.add(x, h) if residual and x.channels == style.width else h
                x = self._dropped(b.dropout, h)
            outputs.append(x)
        if len(outputs) > 1 and choose("jump", (False, True)):
            x = b.concat(*outputs)
        if choose("head", (False, True)):
            return b.build(b.op(Linear(out_features=self.task.classes, head=True), x))
        return b.build(style.layer(b, x, edges, self.task.classes, last=True))

    def known(self) -> dict[str, dict[str, Any]]:
        """Two layers of GCN, GAT and GraphSAGE, and a GCN whose layers are concatenated.

        Kipf & Welling 2017, Velickovic et al. 2018, Hamilton et al. 2017 and Xu et al. 2018, all
        as near to 64 features as the space allows.
        """
        width = min(WIDTHS, key=lambda one: abs(scaled(one, self.width) - _KNOWN_WIDTH))
        return {
            name: {**design, "width": width}
            for name, design in _KNOWN.items()
            if design["depth"] <= self.max_depth
        }

    def _dropped(self, dropout: Callable[[Value, float], Value], x: Value) -> Value:
        return dropout(x, self.dropout) if self.dropout else x


@dataclass(frozen=True)
class _Style:
    """Common settings of all layers of a network."""

    kind: str
    width: int
    activation: str
    norm: bool
    heads: int
    perceptron: bool

    @staticmethod
    def drawn(trial: Trial, widest: int) -> _Style:
        choose = trial.suggest_categorical
        kind = choose("layer", ("linear", *LAYERS))
        width = scaled(choose("width", WIDTHS), widest)
        activation = choose("activation", ("relu", "elu"))
        norm = choose("norm", (False, True))
        heads = choose("heads", HEADS) if kind == "gat" else 1
        perceptron = kind == "gin" and choose("perceptron", (False, True))
        return _Style(kind, width - width % heads, activation, norm, heads, perceptron)

    def block(self, b: GraphBuilder, x: Value, edges: Value) -> Value:
        """A layer with its norm, perceptron and activation."""
        x = self.layer(b, x, edges, self.width)
        if self.norm:
            x = b.batch_norm(x)
        if self.perceptron:
            x = b.linear(b.relu(x), self.width)
        return b.activation(x, self.activation)

    def layer(
        self, b: GraphBuilder, x: Value, edges: Value, channels: int, *, last: bool = False
    ) -> Value:
        """The layer alone; heads are averaged in the last one."""
        if self.kind == "linear":
            return b.linear(x, channels)
        concat = self.heads == 1 or not last
        return b.message_passing(x, edges, self.kind, channels, heads=self.heads, concat=concat)

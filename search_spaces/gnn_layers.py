"""Graph networks as one writes them: stacks of the layers of torch-geometric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.graph.ops.message_passing_layer import LAYERS
from nas.space.search_space import SearchSpace
from search_spaces.attention_layer import scaled
from search_spaces.macro import check_minimum, check_node_space, check_rate
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.task import Task
    from nas.space.trial import Trial

WIDTHS = (32, 64, 128, 256)
HEADS = (1, 4, 8)


@register
@dataclass(frozen=True, kw_only=True)
class GnnLayers(SearchSpace):
    """Stacks of one kind of layer; the last one, or a linear layer, gives the class scores.

    A hypernetwork trained in it knows the layers that people write their networks with, so its
    weights serve modules of one's own (``nas predict``).

    Attributes:
        width: The widest layer; all are scaled by it.
        max_depth: Most layers before the one that gives the scores.
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
        layer = trial.suggest_categorical("layer", ("linear", *LAYERS))
        width = scaled(trial.suggest_categorical("width", WIDTHS), self.width)
        activation = trial.suggest_categorical("activation", ("relu", "elu"))
        norm = trial.suggest_categorical("norm", (False, True))
        heads = trial.suggest_categorical("heads", HEADS) if layer == "gat" else 1
        width -= width % heads
        perceptron = layer == "gin" and trial.suggest_categorical("perceptron", (False, True))
        x = self._dropped(b.feature_dropout, x)

        def heard(x: Value, channels: int, *, last: bool = False) -> Value:
            if layer == "linear":
                return b.linear(x, channels)
            return b.message_passing(x, edges, layer, channels, heads=heads, concat=not last)

        if trial.suggest_categorical("before", (False, True)):
            x = self._dropped(b.dropout, b.activation(b.linear(x, width), activation))
        residual = trial.suggest_categorical("residual", (False, True))
        outputs: list[Value] = []
        for number in range(trial.suggest_int("depth", 1, self.max_depth)):
            with b.scope(f"layer{number}"):
                h = heard(x, width)
                h = b.batch_norm(h) if norm else h
                if perceptron:
                    h = b.linear(b.relu(h), width)
                h = b.activation(h, activation)
                h = b.add(x, h) if residual and x.channels == width else h
                x = self._dropped(b.dropout, h)
                outputs.append(x)
        if len(outputs) > 1 and trial.suggest_categorical("jump", (False, True)):
            x = b.concat(*outputs)
        if trial.suggest_categorical("head", (False, True)):
            return b.build(b.op(Linear(out_features=self.task.classes, head=True), x))
        return b.build(heard(x, self.task.classes, last=heads > 1))

    def _dropped(self, dropout: Callable[[Value, float], Value], x: Value) -> Value:
        return dropout(x, self.dropout) if self.dropout else x

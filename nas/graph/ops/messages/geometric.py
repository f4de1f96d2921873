"""The layers of torch-geometric, made for an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn
from torch_geometric.nn import (
    ARMAConv,
    ChebConv,
    GATConv,
    GCNConv,
    GINConv,
    GraphConv,
    SAGEConv,
)

from nas.graph.ops.messages.message_passing_layer import LAYERS

if TYPE_CHECKING:
    from nas.graph.ops.messages.message_passing import MessagePassing


class LayerCall(NamedTuple):
    """How a layer of torch-geometric is made."""

    layer: type[nn.Module]
    args: tuple[Any, ...]
    options: dict[str, Any]


class _Gin(GINConv):  # type: ignore[misc]
    """Projects before it aggregates where that is narrower."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return _run("gin", self, x, edge_index)


class _Cheb(ChebConv):  # type: ignore[misc]
    """Projects before it aggregates where that is narrower."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return _run("cheb", self, x, edge_index)


class _Sage(SAGEConv):  # type: ignore[misc]
    """Projects before it aggregates where that is narrower."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return _run("sage", self, x, edge_index)


class _Graph(GraphConv):  # type: ignore[misc]
    """Projects before it aggregates where that is narrower."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return _run("graph", self, x, edge_index)


def make_layer(op: MessagePassing, features: int) -> nn.Module:
    """The layer of an operation that reads so many node features."""
    layer, args, options = layer_call(op, features)
    return _PROJECTING.get(layer, layer)(*args, **options)


def layer_call(op: MessagePassing, features: int) -> LayerCall:
    """How torch-geometric's layer of an operation is made, arguments left out at their defaults.

    Args:
        op: The operation.
        features: Node features it reads.
    """
    cls, options = _LAYERS[op.layer]
    options = dict(options)
    if op.layer == "gin":
        return LayerCall(cls, (nn.Linear(features, op.channels, bias=op.bias),), {})
    if op.aggregation != LAYERS[op.layer].aggregations[0]:
        options["aggr"] = op.aggregation
    if op.heads > 1:
        options["heads"] = op.heads
    if not op.concat:
        options["concat"] = False
    if not op.bias:
        options["bias"] = False
    return LayerCall(cls, (features, op.head_channels), options)


def _run(name: str, layer: nn.Module, x: Tensor, edges: Tensor) -> Tensor:
    how: Any = layer.aggr
    return LAYERS[name].run(dict(layer.named_parameters()), x, edges, how)


_LAYERS: dict[str, tuple[type[nn.Module], dict[str, Any]]] = {
    "gcn": (GCNConv, {}),
    "gat": (GATConv, {}),
    "gin": (GINConv, {}),
    "cheb": (ChebConv, {"K": 2}),
    "sage": (SAGEConv, {}),
    "arma": (ARMAConv, {}),
    "graph": (GraphConv, {}),
    "general": (GCNConv, {"normalize": False, "add_self_loops": False}),
}
_PROJECTING: dict[type[nn.Module], type[nn.Module]] = {
    GINConv: _Gin,
    ChebConv: _Cheb,
    SAGEConv: _Sage,
    GraphConv: _Graph,
}

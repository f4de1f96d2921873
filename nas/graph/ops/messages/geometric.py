"""Calls that create the layer of torch-geometric for an operation."""

from __future__ import annotations

from typing import Any, NamedTuple

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


class LayerCall(NamedTuple):
    """The call that creates a layer of torch-geometric."""

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


def make_layer(call: LayerCall) -> nn.Module:
    """The layer of a call; it projects before it aggregates where that is narrower."""
    return _PROJECTING.get(call.layer, call.layer)(*call.args, **call.options)


def layer_call(
    layer: str,
    features: int,
    channels: int,
    *,
    heads: int = 1,
    concat: bool = True,
    aggregation: str | None = None,
    bias: bool = True,
) -> LayerCall:
    """The call that creates a layer of torch-geometric, without arguments at their defaults.

    Args:
        layer: As in :class:`nas.graph.ops.MessagePassing`.
        features: Node features of the input.
        channels: Output features of each head.
        heads: Attention heads.
        concat: Whether heads are concatenated, or averaged.
        aggregation: How messages are aggregated; the layer's default if None.
        bias: Whether a bias is added.
    """
    cls, options = _LAYERS[layer]
    options = dict(options)
    if layer == "gin":
        return LayerCall(cls, (nn.Linear(features, channels, bias=bias),), {})
    if aggregation not in (None, LAYERS[layer].aggregations[0]):
        options["aggr"] = aggregation
    if heads > 1:
        options["heads"] = heads
    if not concat:
        options["concat"] = False
    if not bias:
        options["bias"] = False
    return LayerCall(cls, (features, channels), options)


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

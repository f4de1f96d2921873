"""Match layers of torch-geometric to operations of the vocabulary."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.errors import GraphError
from nas.graph.op import OpFeatures
from nas.graph.ops.layer import Layer
from nas.graph.ops.linear import Linear
from nas.graph.ops.messages.message_passing import MessagePassing

if TYPE_CHECKING:
    from nas.graph.op import Op

_LAYERS = {
    "ARMAConv": ("arma",),
    "ChebConv": ("cheb",),
    "GATConv": ("gat",),
    "GCNConv": ("gcn", "general"),
    "GINConv": ("gin",),
    "GraphConv": ("graph",),
    "SAGEConv": ("sage",),
}
"""The operations that a layer may be, by its class."""

_LIKE = {"GATv2Conv": "gat", "SGConv": "gcn", "TAGConv": "cheb"}
"""The most similar operations of other classes."""

_PLAIN = (bool, int, float, str, tuple, type(None))


def operation_of(module: nn.Module) -> MessagePassing | None:
    """The operation that computes the same as a layer of torch-geometric; None if none does.

    The operation's own layer must have the same settings and the same parts.
    """
    names = (name for cls in type(module).__mro__ for name in _LAYERS.get(cls.__name__, ()))
    for name in names:
        with suppress(GraphError, AttributeError, TypeError):
            op, features = _guess(module, name)
            layer, args, options = op.layer_call(features)
            own = layer(*args, **options)
            known = type(features) is int and features > 0
            if known and isinstance(module, layer) and _structure(module) == _structure(own):
                return op
    return None


def gin_on(aggregation: Op, linear: Op) -> MessagePassing | None:
    """The GIN layer of a sum over neighbours and a linear layer; None for other operations."""
    if not isinstance(aggregation, Layer) or not isinstance(linear, Linear):
        return None
    from torch_geometric.nn import GINConv  # it takes long to import

    layer: Any = aggregation.layer
    if type(layer) is not GINConv or _structure(layer) != _structure(GINConv(nn.Identity())):
        return None
    if float(layer.eps):
        return None
    return MessagePassing(layer="gin", channels=linear.out_features, bias=linear.bias)


def features_of(module: nn.Module) -> OpFeatures:
    """Features of a layer that matches no operation: the most similar kind, heads and bias."""
    name = type(module).__name__
    kind = next(iter(_LAYERS.get(name, ())), _LIKE.get(name, "layer"))
    return OpFeatures(
        kind=kind,
        groups=getattr(module, "heads", 1),
        bias=kind != "layer" and any(own.endswith("bias") for own, _ in module.named_parameters()),
    )


def _guess(layer: Any, name: str) -> tuple[MessagePassing, int]:
    """The operation that a layer may be, and its number of input features."""
    linear = layer.nn if name == "gin" else None
    channels = linear.out_features if linear else layer.out_channels
    heads, concat = getattr(layer, "heads", 1), getattr(layer, "concat", True)
    op = MessagePassing(
        layer=name,
        channels=channels * heads if concat else channels,
        heads=heads,
        concat=concat,
        aggregation=layer.aggr,
        bias=any(own.endswith("bias") for own, _ in layer.named_parameters()),
    )
    return op, linear.in_features if linear else _features_read(layer)


def _features_read(layer: nn.Module) -> Any:
    """The number of input features; a layer that was lazy stores it only in its parts."""
    sizes = (getattr(part, "in_channels", -1) for part in layer.modules())
    return next((size for size in sizes if size != -1), -1)


def _structure(layer: nn.Module) -> tuple[dict[str, Any], list[str], dict[str, Any]]:
    """Settings, parts and parameter shapes of a layer; the shapes show its input features."""
    settings = {
        key: value
        for key, value in vars(layer).items()
        if isinstance(value, _PLAIN)
        and key not in ("training", "in_channels")
        and not key.startswith("_")
    }
    parts = [type(part).__name__ for part in layer.modules() if part is not layer]
    return settings, parts, {name: p.shape for name, p in layer.named_parameters()}

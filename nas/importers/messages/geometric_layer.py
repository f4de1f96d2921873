"""Which layers of torch-geometric are operations of the vocabulary."""

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
"""What a layer may be, by the class it comes as."""

_LIKE = {"GATv2Conv": "gat", "SGConv": "gcn", "TAGConv": "cheb"}
"""What others are most like."""

_PLAIN = (bool, int, float, str, tuple, type(None))


def operation_of(module: nn.Module) -> MessagePassing | None:
    """The operation that does what a layer of torch-geometric does, None if there is none.

    It is one whose own layer has the same settings and the same parts.
    """
    names = (name for cls in type(module).__mro__ for name in _LAYERS.get(cls.__name__, ()))
    for name in names:
        with suppress(GraphError, AttributeError, TypeError):
            op, features = _guess(module, name)
            layer, args, options = op.layer_call(features)
            own = layer(*args, **options)
            known = type(features) is int and features > 0
            if known and isinstance(module, layer) and _looks(module) == _looks(own):
                return op
    return None


def gin_on(aggregation: Op, linear: Op) -> MessagePassing | None:
    """The GIN layer that is a linear layer behind a sum over neighbours, None if it is none."""
    if not isinstance(aggregation, Layer) or not isinstance(linear, Linear):
        return None
    from torch_geometric.nn import GINConv  # it takes long to import

    layer: Any = aggregation.layer
    if type(layer) is not GINConv or _looks(layer) != _looks(GINConv(nn.Identity())):
        return None
    if float(layer.eps):
        return None
    return MessagePassing(layer="gin", channels=linear.out_features, bias=linear.bias)


def features_of(module: nn.Module) -> OpFeatures:
    """As what a hypernetwork sees a layer that is no operation, for its settings or its kind."""
    name = type(module).__name__
    kind = next(iter(_LAYERS.get(name, ())), _LIKE.get(name, "layer"))
    return OpFeatures(
        kind=kind,
        groups=getattr(module, "heads", 1),
        bias=kind != "layer" and any(own.endswith("bias") for own, _ in module.named_parameters()),
    )


def _guess(layer: Any, name: str) -> tuple[MessagePassing, int]:
    """The operation a layer would be, and the features it reads."""
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
    """As a layer was given them; one that was lazy knows them in its parts alone."""
    sizes = (getattr(part, "in_channels", -1) for part in layer.modules())
    return next((size for size in sizes if size != -1), -1)


def _looks(layer: nn.Module) -> tuple[dict[str, Any], list[str], dict[str, Any]]:
    """Settings, parts and shapes of a layer; features that it reads are among the shapes."""
    settings = {
        key: value
        for key, value in vars(layer).items()
        if isinstance(value, _PLAIN)
        and key not in ("training", "in_channels")
        and not key.startswith("_")
    }
    parts = [type(part).__name__ for part in layer.modules() if part is not layer]
    return settings, parts, {name: p.shape for name, p in layer.named_parameters()}

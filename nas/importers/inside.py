"""Features of the layers inside a leaf module, for the hypernetwork."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.instancenorm import _InstanceNorm

from nas.graph.op import OpFeatures, PartFeatures
from nas.importers.messages.geometric_layer import features_of
from nas.modules.geometric import is_message_passing

if TYPE_CHECKING:
    from torch import Tensor

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (_ConvTransposeNd, "conv_transpose"),
    (_ConvNd, "conv2d"),
    ((nn.Linear, nn.Bilinear), "linear"),
    (_InstanceNorm, "group_norm"),
    (_BatchNorm, "batch_norm2d"),
    (nn.GroupNorm, "group_norm"),
    ((nn.LayerNorm, nn.RMSNorm), "layer_norm"),
    ((nn.Embedding, nn.EmbeddingBag), "embedding"),
    (nn.PReLU, "prelu"),
    (nn.MultiheadAttention, "attention"),
    ((nn.RNNBase, nn.RNNCellBase), "recurrent"),
)
"""The most similar operation of a layer, by its class."""


def features_inside(module: nn.Module) -> OpFeatures:
    """Features of a leaf module, and of the layers in it that have parameters."""
    parts = tuple(
        _part(path, layer)
        for path, layer in module.named_modules()
        if any(p.is_floating_point() for p in layer.parameters(recurse=False))
    )
    return OpFeatures(kind="layer", parts=parts)


def _part(path: str, layer: nn.Module) -> PartFeatures:
    weight = max(layer.parameters(recurse=False), key=lambda p: (p.dim(), p.numel()))
    kind = next((kind for types, kind in _KINDS if isinstance(layer, types)), "parameter")
    features = features_of(layer) if is_message_passing(layer) else _features(layer, kind, weight)
    reads, gives = _channels(kind, weight)
    spatial = (1, 1) if kind in ("conv2d", "conv_transpose", "batch_norm2d") else ()
    return PartFeatures(
        owner=path, features=features, reads=(1, reads, *spatial), gives=(1, gives, *spatial)
    )


def _features(layer: Any, kind: str, weight: Tensor) -> OpFeatures:
    """Features of a layer from its settings; a one-dimensional kernel counts as square."""
    if not isinstance(layer, _ConvNd):
        return OpFeatures(kind=kind, bias=getattr(layer, "bias", None) is not None)
    sizes: list[int] = [*weight.shape[2:]]
    return OpFeatures(
        kind=kind,
        kernel=(sizes[0], sizes[-1]),
        stride=layer.stride[0],
        dilation=layer.dilation[0],
        groups=layer.groups,
        bias=layer.bias is not None,
    )


def _channels(kind: str, weight: Tensor) -> tuple[int, int]:
    """The numbers of input and output channels of a layer, from its largest parameter."""
    if weight.dim() < 2:
        return weight.numel(), weight.numel()
    first, second = (int(size) for size in weight.shape[:2])
    if kind == "conv_transpose":
        return first, second
    if kind in ("parameter", "embedding"):
        return first, int(weight.shape[-1])
    return second, first

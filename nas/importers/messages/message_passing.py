"""Calls of torch-geometric layers, which need real edges to compute a result."""

from __future__ import annotations

import inspect
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch

from nas.importers.step import BATCH, follows_batch
from nas.modules.geometric import is_message_passing
from nas.modules.nested import leaves, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

_NODES = 3
_WITHOUT_PERCEPTRON: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()


def plain_call(
    layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Write a call of a layer with positional arguments, without trailing ones that are None.

    A call that cannot be written in this form is returned unchanged.
    """
    signature = inspect.signature(type(layer).forward)
    try:
        given = dict(signature.bind(layer, *args, **kwargs).arguments)
    except TypeError:
        return args, kwargs
    names = list(signature.parameters)
    while given.get(names[-1]) is None and signature.parameters[names[-1]].default is None:
        given.pop(names.pop(), None)
    if list(given) != names or any(_is_variable(signature.parameters[name]) for name in names):
        return args, kwargs
    return tuple(given[name] for name in names[1:]), {}


def _is_variable(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def perceptron_of(layer: nn.Module) -> nn.Module | None:
    """The network that a layer applies to its aggregated messages; None where it has none.

    A GINConv has one, unless it is a single linear layer or the identity.
    """
    if type(layer).__name__ != "GINConv" or not is_message_passing(layer):
        return None
    inner: nn.Module = layer.get_submodule("nn")
    return None if isinstance(inner, torch.nn.Linear | torch.nn.Identity) else inner


def without_perceptron(layer: nn.Module) -> nn.Module:
    """A layer without the network on its messages; the same object each time."""
    if perceptron_of(layer) is None:
        return layer
    if layer not in _WITHOUT_PERCEPTRON:
        part = copy(layer)
        part.__dict__.pop("forward", None)  # may be the temporary one of the whole layer
        part._modules = {**layer._modules, "nn": torch.nn.Identity()}
        _WITHOUT_PERCEPTRON[layer] = part
    return _WITHOUT_PERCEPTRON[layer]


def shape_rule(layer: nn.Module) -> Callable[..., Any]:
    """A layer as a function of meta tensors; it runs on a graph of three nodes and one edge.

    Call it before the layer's parameters move to the meta device.
    """
    twin = deepcopy(layer).cpu()

    def run(*args: Any, **kwargs: Any) -> Any:
        tensors = [part for part in leaves((args, kwargs)) if isinstance(part, torch.Tensor)]
        edges = {tensor.shape[1] for tensor in tensors if _is_edges(tensor)}

        def small(tensor: Tensor) -> Tensor:
            if _is_edges(tensor):
                return torch.zeros(2, 1, dtype=tensor.dtype)
            first, *rest = tensor.shape
            first = 1 if first in edges else _nodes(first)
            return torch.zeros(first, *map(_nodes, rest), dtype=tensor.dtype)

        result = twin(*mapped(args, small), **mapped(kwargs, small))
        return mapped(result, _large)

    return run


def _is_edges(tensor: Tensor) -> bool:
    return tensor.dim() == 2 and len(tensor) == 2 and tensor.dtype == torch.long


def _nodes(size: int) -> int:
    return size // BATCH * _NODES if follows_batch(size) else size


def _large(tensor: Tensor) -> Tensor:
    nodes, *rest = tensor.shape
    return torch.empty(nodes // _NODES * BATCH, *rest, dtype=tensor.dtype, device="meta")

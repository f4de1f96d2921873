"""A model's state and what it computes, put aside while it runs in another way."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

_EVERY_MODULE = frozenset(nn.Module().__dict__)
_TABLES = (dict, list, set)


@contextmanager
def replaced_state(model: nn.Module, known: Mapping[Tensor, Tensor]) -> Iterator[None]:
    """While active, the model has other tensors in place of its parameters and buffers.

    A layer may stand in several places, so they are replaced by layer and not by path.

    Args:
        model: Gets its own back in the end.
        known: What stands for each of them.
    """
    stores: list[dict[str, Any]] = [
        store for part in model.modules() for store in (part._parameters, part._buffers)
    ]
    before = [dict(store.items()) for store in stores]
    try:
        for store, own in zip(stores, before, strict=True):
            for name, tensor in own.items():
                store[name] = None if tensor is None else known[tensor]
        yield
    finally:
        for store, own in zip(stores, before, strict=True):
            for name, tensor in own.items():
                store[name] = tensor


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
    """Give the model back its attributes, such as tables of what it computed once."""
    before = [(part, part.__dict__.copy()) for part in model.modules() if is_plain(part)]
    copies = [
        (table, table.copy())
        for _, attributes in before
        for name, table in attributes.items()
        if type(table) in _TABLES and name not in _EVERY_MODULE
    ]
    try:
        yield
    finally:
        for part, attributes in before:
            for name in part.__dict__.keys() - attributes.keys():
                del part.__dict__[name]
            part.__dict__.update(attributes)
        for table, copy in copies:
            table.clear()
            (table.extend if isinstance(table, list) else table.update)(copy)


@contextmanager
def replaced_forward(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """While active, a module computes something else."""
    own = module.__dict__.get("forward")
    module.__dict__["forward"] = forward
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if own is not None:
            module.__dict__["forward"] = own


def is_plain(module: nn.Module) -> bool:
    """Whether a module is Python throughout."""
    return not isinstance(module, torch.jit.ScriptModule)

"""Replace a model's state or forward function for a while."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from nas.modules.copies import Copies
from nas.modules.lazy_layers import has_lazy_layers
from nas.modules.nested import leaves, mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

_EVERY_MODULE = frozenset(nn.Module().__dict__)
_TABLES = (dict, list, set, deque, Counter, OrderedDict, defaultdict)


@contextmanager
def replaced_state(model: nn.Module, known: Mapping[Tensor, Tensor]) -> Iterator[None]:
    """Replace a model's parameters and buffers while the block runs.

    They are replaced by layer and not by path, as a layer may have several paths.

    Args:
        model: Its own tensors are restored at the end.
        known: The replacement of each tensor.
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
def on_copies(model: nn.Module) -> Iterator[None]:
    """Run a model on copies of its tensors, so that the block does not change it.

    A model with lazy layers is not copied, so that the layers keep the sizes they get.
    """
    if has_lazy_layers(model):
        yield
        return
    copies = Copies()
    known = {tensor: copies.of(tensor) for tensor in chain(model.parameters(), model.buffers())}
    with unchanged(model, copies), replaced_state(model, known):
        yield


@contextmanager
def unchanged(model: nn.Module, copies: Copies | None = None) -> Iterator[None]:
    """Restore the model's attributes at the end of the block, such as caches.

    In the block, the model has copies of tensors that are neither parameters nor buffers.

    Args:
        model: Its attributes are restored at the end.
        copies: Makes the copies.
    """
    copies = copies or Copies()
    own = {id(tensor) for tensor in chain(model.parameters(), model.buffers())}
    parts = [part for part in model.modules() if is_plain(part)]
    with ExitStack() as stack:
        for table in _tables_of(parts):
            stack.enter_context(_restored(table))
            _replace_tensors(table, own, copies)
        yield


def _tables_of(parts: Iterable[nn.Module]) -> list[Any]:
    """The mutable containers in the attributes of modules, also those inside of others.

    Objects are searched if their classes are defined in the same files as the modules.
    """
    found: dict[int, Any] = {}
    parts = list(parts)
    beside = {type(part).__module__ for part in parts}

    def add(part: Any) -> None:
        if type(part) in (tuple, *_TABLES) or isinstance(part, np.ndarray):
            table = part
        elif type(part).__module__ in beside and not isinstance(part, (nn.Module, type)):
            table = getattr(part, "__dict__", None)
        else:
            return
        if table is None or id(table) in found:
            return
        if type(table) is not tuple:
            found[id(table)] = table
        for inner in table.values() if isinstance(table, dict) else _members(table):
            add(inner)

    for part in parts:
        registered = part._parameters, part._buffers, part._modules
        for table in (part.__dict__, *registered, part._non_persistent_buffers_set):
            found[id(table)] = table
        for name, attribute in part.__dict__.items():
            if name not in _EVERY_MODULE:
                add(attribute)
    return list(found.values())


def _members(table: Any) -> Iterable[Any]:
    return () if isinstance(table, np.ndarray) else table


@contextmanager
def _restored(table: Any) -> Iterator[None]:
    """Restore the content of a container at the end of the block."""
    before = table.copy()
    try:
        yield
    finally:
        if isinstance(table, np.ndarray):
            np.copyto(table, before)
        else:
            table.clear()
            (table.update if isinstance(table, (dict, set)) else table.extend)(before)


def _replace_tensors(table: Any, own: Container[int], copies: Copies) -> None:
    """Replace the tensors in a container by copies."""

    def copied(tensor: Tensor) -> Tensor:
        return tensor if id(tensor) in own else copies.of(tensor)

    if isinstance(table, dict):
        places: Iterable[Any] = list(table)
    elif isinstance(table, (list, deque)):
        places = range(len(table))
    else:
        return
    for place in places:
        held = table[place]
        inner = leaves(held) if type(held) is tuple or hasattr(held, "_fields") else [held]
        if any(isinstance(part, Tensor) for part in inner):
            table[place] = mapped(held, copied)


@contextmanager
def replaced_forward(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Replace the forward function of a module while the block runs."""
    own = module.__dict__.get("forward")
    module.__dict__["forward"] = forward
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if own is not None:
            module.__dict__["forward"] = own


def is_plain(module: nn.Module) -> bool:
    """Whether a module is Python, not TorchScript."""
    return not isinstance(module, torch.jit.ScriptModule)

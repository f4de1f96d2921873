"""A device that computes on the CPU and keeps its tensors apart, to find mistakes of devices.

An operation on tensors of both devices raises the error that torch raises on a machine with a GPU.
All others are computed, so values that the program reads are real. Torch knows the device as
``meta``: a build for the CPU can neither differentiate tensors that call themselves ``cuda`` nor
fake ones.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE, CPU = torch.device("meta"), torch.device("cpu")

_COPIES = ("_to_copy", "copy_")
_INDEXED = ("index", "index_put", "index_put_", "_index_put_impl_")
"""Operations that take indices of the CPU."""


class Apart(Tensor):
    """A tensor elsewhere; it holds a tensor of the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> Apart:
        made: Apart = Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=ELSEWHERE,
            requires_grad=held.requires_grad,
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func._schema.name.partition("::")[2]
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    apart = [isinstance(one, Apart) for one in tensors]
    mixed = any(apart) and any(
        one.dim() and not is_apart for one, is_apart in zip(tensors, apart, strict=True)
    )
    if mixed and name not in _COPIES and not (name in _INDEXED and apart[0]):
        raise RuntimeError(f"Expected all tensors to be on the same device ({name})")
    target = kwargs.get("device")
    stays = any(apart) if target is None else torch.device(target) == ELSEWHERE
    if name == "copy_":
        stays = apart[0]
    given = {key: CPU if key == "device" and value else value for key, value in kwargs.items()}
    found = func(*tree_map(_held, args), **tree_map(_held, given))
    if name.endswith("_"):
        return args[0] if func._schema.returns else None
    return tree_map(_apart, found) if stays else found


def _held(thing: Any) -> Any:
    return thing.held if isinstance(thing, Apart) else thing


def _apart(thing: Any) -> Any:
    return Apart(thing) if isinstance(thing, Tensor) and not isinstance(thing, Apart) else thing


class _Factories(TorchDispatchMode):
    """Makes tensors elsewhere, also those that torch makes inside of an operation."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Moves(TorchFunctionMode):
    """Moves tensors of the CPU, and reads those that are elsewhere."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.tolist and isinstance(args[0], Apart):
            return args[0].held.tolist()
        if func is torch.tensor and _is_elsewhere(kwargs.get("device")):
            return Apart(func(*args, **{**kwargs, "device": CPU}))  # torch leaves out the values
        if func is Tensor.to and not isinstance(args[0], Apart):
            given = [*args[1:], *kwargs.values()]
            if any(map(_is_elsewhere, given)):
                rest = [CPU if _is_elsewhere(one) else one for one in args[1:]]
                kwargs |= {"device": CPU} if "device" in kwargs else {}
                return _Move.apply(args[0].to(*rest, **kwargs))
        return func(*args, **kwargs)


class _Move(torch.autograd.Function):
    """To the device, differentiably."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return Apart(x.detach())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return _held(grad)


def _is_elsewhere(thing: object) -> bool:
    if isinstance(thing, Tensor):
        return isinstance(thing, Apart)
    return thing == ELSEWHERE or thing == "meta"


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """A block in which the device is there, for this thread."""
    with _Factories(), _Moves():
        yield ELSEWHERE

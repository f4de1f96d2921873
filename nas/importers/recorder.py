"""Records the torch functions that a model calls."""

from __future__ import annotations

import inspect
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from nas.errors import ImportingError
from nas.importers.assignment import (
    as_assignment,
    assigned,
    assignment,
    is_assignment,
    picked,
    viewed,
)
from nas.importers.meta_result import MetaResult, call_signature
from nas.importers.step import Step, Value, follows_batch
from nas.modules.copies import storage_of
from nas.modules.nested import leaves, mapped
from nas.modules.outputs import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from nas.modules.copies import Copies

_SHAPE_ONLY = frozenset(
    {
        "empty_like",
        "full_like",
        "new_empty",
        "new_full",
        "new_ones",
        "new_tensor",
        "new_zeros",
        "ones_like",
        "zeros_like",
    }
)
_AS_FUNCTIONS: dict[Any, tuple[Any, ...]] = {
    **{
        getattr(torch.Tensor, attribute).__get__: call
        for attribute, call in {
            "H": (torch.adjoint,),
            "T": (torch.t,),
            "data": (torch.detach,),
            "imag": (torch.imag,),
            "mH": (torch.adjoint,),
            "mT": (torch.transpose, -2, -1),
            "real": (torch.real,),
        }.items()
    },
    **{
        getattr(torch.Tensor, name): (torch.Tensor.to, dtype)
        for name, dtype in {
            "bfloat16": torch.bfloat16,
            "bool": torch.bool,
            "byte": torch.uint8,
            "char": torch.int8,
            "double": torch.float64,
            "float": torch.float32,
            "half": torch.float16,
            "int": torch.int32,
            "long": torch.int64,
            "short": torch.int16,
        }.items()
    },
    torch.Tensor.type: (torch.Tensor.to,),
}
"""Attributes and methods as functions, with the arguments to append."""
_RANDOM = frozenset(
    {"bernoulli", "multinomial", "normal", "poisson", "rand", "randint", "randn", "randperm"}
    | {"rand_like", "randint_like", "randn_like"}
    | {"bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_"}
    | {"random_", "uniform_"}
)
_DRAWS: dict[Any, Any] = {
    torch.Tensor.bernoulli_: torch.ops.aten.bernoulli,
    torch.Tensor.cauchy_: torch.ops.aten.cauchy,
    torch.Tensor.exponential_: torch.ops.aten.exponential,
    torch.Tensor.geometric_: torch.ops.aten.geometric,
    torch.Tensor.log_normal_: torch.ops.aten.log_normal,
    torch.Tensor.normal_: torch.ops.aten.normal_functional,
    torch.Tensor.random_: torch.ops.aten.random,
    torch.Tensor.uniform_: torch.ops.aten.uniform,
}
"""In-place random functions, and the functions that return a new random tensor instead."""
_QUERIES = frozenset(
    {
        torch.Tensor.dim,
        torch.Tensor.size,
        *(
            getattr(torch.Tensor, name).__get__
            for name in ("shape", "dtype", "device", "is_cuda", "is_nested", "requires_grad")
        ),
    }
)
"""The most frequent functions that read a property of a tensor other than its values."""


class Unseen(ImportingError):
    """A tensor was found that no recorded call computed."""


class Recorder(TorchFunctionMode):
    """Records every call of a torch function while it is active.

    A result that does not depend on the inputs is computed immediately and becomes a constant.
    In-place functions are recorded in their out-of-place forms.

    Args:
        copies: Copies constants; the run writes into the copies and not into the model's own.
        meta: Whether the model runs on the meta device, on tensors without values.

    Raises:
        ImportingError: While active, if a call cannot be recorded, such as a write into some
            samples of a tensor.
    """

    def __init__(self, copies: Copies, *, meta: bool) -> None:
        super().__init__()
        self.steps: list[Step] = []
        """The recorded calls, in order."""
        self._copies = copies
        self._meta = meta
        self._values: dict[int, Value] = {}
        self._sharing: dict[int, list[Value]] = defaultdict(list)
        self._stale: set[Value] = set()
        self._blanks: dict[Hashable, MetaResult] = {}
        self.inside = False
        """Whether a leaf module is running."""
        self.place: nn.Module | None = None
        """The innermost running module, in runs that locate failures."""
        self.fixed: list[tuple[Tensor, nn.Module | None]] = []
        """Tensors treated as constants, and the modules in which they were found."""

    def enter(self, value: Value, original: Tensor | None = None) -> Value:
        """Register a value, so that later calls can read its tensor.

        Args:
            value: The value.
            original: The tensor of the model that the value replaces.
        """
        self._values[id(value.tensor)] = value
        if original is not None:
            self._values[id(original)] = value
        self._sharing[storage_of(value.tensor)].append(value)
        return value

    def value_of(self, tensor: Tensor) -> Value:
        """The value of a tensor.

        Raises:
            ImportingError: No recorded call computed it.
        """
        value = self._values.get(id(tensor))
        if value is None:
            value = self._unseen(tensor)
        if value in self._stale:
            raise ImportingError("a tensor is changed through a view of it and read again")
        return value

    def knows(self, tensor: Tensor) -> bool:
        """Whether a tensor is registered, or can be registered as a constant."""
        return self.inside or id(tensor) in self._values or not (self._meta and tensor.is_meta)

    def computes(self, tensor: Tensor) -> bool:
        """Whether a tensor is registered, or is one of the model's own or its copy."""
        return id(tensor) in self._values or self._copies.knows(tensor)

    def _unseen(self, tensor: Tensor) -> Value:
        """Register a tensor from before the run, such as an attribute that is no buffer."""
        if self._meta and tensor.is_meta:
            raise Unseen("a tensor was computed by something other than torch functions")
        copy = self._copies.of(tensor)
        self.fixed.append((copy, self.place))
        value = Value(copy.to("meta") if self._meta else copy, fixed=copy)
        self._values[id(tensor)] = value
        return self.enter(value)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _QUERIES:
            return func(*args, **(kwargs or {}))
        reads: list[Value] = []

        def admit(part: Tensor | np.generic) -> Any:
            if isinstance(part, np.generic):
                return part.item()
            reads.append(self.value_of(part))
            return reads[-1]

        kinds = Tensor, np.generic
        step = Step(func, mapped(args, admit, kinds), mapped(kwargs or {}, admit, kinds), reads)
        if func in _AS_FUNCTIONS:
            step = _as_function(step)
        if self._is_fixed(step):
            return self._compute(step, args)
        plain_args, plain_kwargs = (
            mapped(part, _tensor, Value) for part in (step.args, step.kwargs)
        )
        if self._meta and not reads:
            plain_kwargs["device"] = "meta"
        form = call_signature((step.function, plain_args, plain_kwargs)) if self._meta else None
        if form in self._blanks:
            return self.note(step, self._blanks[form].tensor())
        versions = [value.tensor._version for value in reads]
        before = self._numbers(step)
        result = self._run(step.function, plain_args, plain_kwargs)
        written = [
            value
            for value, version in zip(reads, versions, strict=True)
            if value.tensor._version != version
        ]
        if written:
            written[0].fixed = before  # the values that the step read, not those it wrote
            return self._written(step, written, result)
        if form is not None and self._is_new(result):
            self._blanks[form] = MetaResult.like(result)
        return self.note(step, result)

    def _is_new(self, result: Any) -> bool:
        """Whether a call returned a single new tensor, so that its result can be cached."""
        return (
            isinstance(result, Tensor)
            and result.is_meta
            and not result.storage_offset()
            and storage_of(result) not in self._sharing
        )

    def _numbers(self, step: Step) -> Tensor | None:
        """The constant that a step may overwrite, before it does; random functions ignore it."""
        fixed = step.reads[0].fixed if step.reads else None
        if fixed is not None and step.function in _DRAWS:
            return torch.zeros_like(fixed)
        return fixed if fixed is None or self._meta else fixed.clone()

    def _run(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function; a batch norm on the meta device only copies the shape of its input.

        Torch computes it in Python, which takes 50 times as long as any other layer.
        """
        if self._meta and func is F.batch_norm and _keeps_shape(*args, **kwargs):
            return torch.empty_like(args[0])
        return func(*args, **kwargs)

    def note(self, step: Step, result: Any) -> Any:
        """Register the results of a step."""
        if isinstance(result, Tensor):
            return self._result(step, result, ())
        if isinstance(result, tuple | list):
            for position, part in enumerate(result):
                if isinstance(part, Tensor):
                    self._result(step, part, (position,))
                elif isinstance(part, tuple | list):
                    for place, inner in enumerate(part):
                        if isinstance(inner, Tensor):
                            self._result(step, inner, (position, place))
        return result

    def note_all(self, step: Step, result: Any) -> Any:
        """Register the results of a leaf module, however they are nested."""
        if isinstance(result, Tensor):
            return self._result(step, result, ())
        for position, tensor in enumerate(tensors_in(result)):
            self._result(step, tensor, (position,))
        return result

    def _result(self, step: Step, tensor: Tensor, path: tuple[int, ...]) -> Tensor:
        if id(tensor) in self._values:  # returned unchanged
            if not is_dropout(step.function):
                return tensor
            tensor = tensor.clone()
        self._enter_result(Value(tensor, step, path), step)
        return tensor

    def _enter_result(self, value: Value, step: Step) -> None:
        if not self.steps or self.steps[-1] is not step:
            self.steps.append(step)
            step.place = self.place
        for read in step.reads:
            read.used = True
        self.enter(value)

    def _written(self, step: Step, written: list[Value], result: Any) -> Any:
        """Record an in-place function in its out-of-place form."""
        target = step.reads[0]
        if len(written) > 1 or written[0] is not target:
            raise ImportingError(f"{_name(step.function)} writes into a tensor")
        if self._meta and target.fixed is not None and self._is_shared(target.fixed):
            raise ImportingError("a fixed tensor is changed through a view of it")
        sharing = self._sharing.pop(storage_of(target.tensor))
        self._replace(target, as_assignment(step))
        self._stale.update(sharing)
        return result

    def _is_shared(self, fixed: Tensor) -> bool:
        """Whether another constant shares memory with this one, so it would miss a change."""
        known = [value.fixed for value in self._values.values() if value.fixed is not None]
        return any(t is not fixed and storage_of(t) == storage_of(fixed) for t in known)

    def _replace(self, target: Value, step: Step) -> None:
        """Record the new value of a tensor and, if it is a view, of its base."""
        whole = viewed(target)
        if whole is None or not is_assignment(step) or step.args[1] is not Ellipsis:
            *before, functional = (
                assigned(step, self.enter) if is_assignment(step) else [_out_of_place(step)]
            )
            self.steps += before
            written = Value(target.tensor, functional)
            self._enter_result(written, functional)
            step = assignment(target, ..., written)
        if whole is not None:
            base, index = whole
            self._replace(base, assignment(base, index, step.args[2]))
            again = picked(self.value_of(base.tensor), index)
            self._enter_result(Value(target.tensor, again), again)

    def _is_fixed(self, step: Step) -> bool:
        """Whether a call gives the same result for every input."""
        name = _name(step.function)
        shape_only = name in _SHAPE_ONLY and (name[:4] == "new_" or not _follows(step.reads[0]))
        numbers = all(value.fixed is not None for value in step.reads[shape_only:])
        return (
            numbers
            and name not in _RANDOM
            and not any(follows_batch(leaf) for leaf in leaves((step.args, step.kwargs)))
        )

    def _compute(self, step: Step, args: tuple[Any, ...]) -> Any:
        """Call a function on constants; its results are constants, too."""
        name = _name(step.function)

        def real(value: Value) -> Tensor:
            if value.fixed is not None:
                return value.fixed
            shape = () if name[:4] == "new_" else value.tensor.shape
            return torch.empty(shape, dtype=value.tensor.dtype)

        real_args = mapped(mapped(step.args, real, Value), _off_meta, torch.device)
        real_kwargs = mapped(mapped(step.kwargs, real, Value), _off_meta, torch.device)
        versions = [
            (value, value.fixed._version) for value in step.reads if value.fixed is not None
        ]
        result = step.function(*real_args, **real_kwargs)
        for value, version in versions:
            assert value.fixed is not None
            if value.fixed._version != version:
                if value.used:
                    raise ImportingError("a fixed tensor is changed after it was read")
                return args[0] if result is not None else None
        return mapped(result, self._fixed)

    def _fixed(self, tensor: Tensor) -> Tensor:
        """Register a constant, and return the tensor with which the model continues."""
        self.fixed.append((tensor, self.place))
        if not self._meta:
            if id(tensor) not in self._values:
                self.enter(Value(tensor, fixed=tensor))
            return tensor
        return self.enter(Value(tensor.to("meta"), fixed=tensor)).tensor


def is_dropout(function: Callable[..., Any]) -> bool:
    """Whether a function is a dropout, which returns its input in evaluation mode."""
    return _name(function) in ("dropout", "dropout1d", "dropout2d", "dropout3d")


def _as_function(step: Step) -> Step:
    """The function call that equals an attribute or a cast."""
    function, *more = _AS_FUNCTIONS[step.function]
    if function is not torch.Tensor.to:
        return Step(function, (step.args[0], *more), {}, step.reads)
    (dtype,) = more or step.args[1:2] or [None]
    if not isinstance(dtype, torch.dtype):  # x.type() and x.type("torch.FloatTensor")
        return step
    return Step(function, (step.args[0], dtype), {}, step.reads)


def _keeps_shape(
    x: Tensor, mean: Tensor | None, *rest: Any, training: bool, **kwargs: Any
) -> bool:
    """Whether a batch norm is in evaluation mode and fits its input; takes its arguments."""
    fits = mean is not None and x.dim() > 1 and mean.shape == x.shape[1:2]
    return fits and not training


def _follows(value: Value) -> bool:
    return any(map(follows_batch, value.tensor.shape))


def _tensor(value: Value) -> Tensor:
    return value.tensor


def _off_meta(device: torch.device) -> torch.device:
    return torch.device("cpu") if device.type == "meta" else device


@cache
def _name(function: Callable[..., Any]) -> str:
    """The last part of a function's qualified name."""
    full: str = resolve_name(function) or getattr(function, "__name__", "")
    return full.rpartition(".")[2]


def _out_of_place(step: Step) -> Step:
    """The out-of-place form of a step, which does not change its input.

    Raises:
        ImportingError: There is no such function.
    """
    if step.function in _DRAWS:
        kwargs = {key: arg for key, arg in step.kwargs.items() if arg is not None}
        return Step(_DRAWS[step.function], step.args, kwargs, step.reads)
    position = _inplace_position(step.function)
    if position is not None:
        args = tuple(False if i == position else arg for i, arg in enumerate(step.args))
        kwargs = {key: arg for key, arg in step.kwargs.items() if key != "inplace"}
        return Step(step.function, args, kwargs, step.reads)
    full = resolve_name(step.function) or ""
    place = torch.Tensor if "Tensor." in full else torch
    name = full.rpartition(".")[2]
    plain = name.replace("__i", "__", 1) if name.startswith("__i") else name.rstrip("_")
    function = getattr(place, plain, None)
    if plain in ("copy", "zero", "fill", "set", "__setitem__", name) or function is None:
        raise ImportingError(f"{name} writes into a tensor")
    return Step(function, step.args, step.kwargs, step.reads)


@cache
def _inplace_position(function: Callable[..., Any]) -> int | None:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
    return names.index("inplace") if "inplace" in names else None

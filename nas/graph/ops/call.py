"""Any torch function as an operation, written as the expression that calls it."""

from __future__ import annotations

import ast
import math
import re
from cmath import isfinite
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from nas.errors import GraphError, ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, operation
from nas.graph.ops.attribute import check_whole
from nas.graph.ops.function import FACTORIES, function_named
from nas.graph.ops.function_kind import kind_of
from nas.graph.tensor_spec import is_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_SHOWN = 400
"""Characters of an expression that a message quotes."""
_INPUT = re.compile(r"x(0|[1-9][0-9]*)")
_UNCHECKED = frozenset({"check_invariants", "unsafe"})
"""Arguments that let functions read and write outside of tensors."""
_CUTS = re.compile("split|chunk|unbind")
_PARTS = 100_000
"""Tensors that one call may make."""
_NAMES: dict[str, Any] = {"inf": math.inf, "nan": math.nan, "slice": slice, "torch": torch}


@operation("call")
@dataclass(frozen=True, kw_only=True)
class Call(Op):
    """One torch function of the inputs ``x0``, ``x1``, ..., all other arguments fixed.

    This makes the vocabulary complete: a computation that no specific operation describes is
    written as in Python. ``x0.shape[0]`` stands for a size that equals the batch size.

    Attributes:
        expression: ``"torch.permute(x0, (0, 2, 3, 1))"`` or ``"x0.permute(0, 2, 3, 1)"``, perhaps
            with ``[0]`` behind it to pick one of several results. Only functions of torch that
            compute tensors are allowed.
        dtypes: Data types of the inputs where one is not float32.
        rows: First size of ``x0`` for one sample, more than 1 where a sample is cut into windows.
    """

    arity: ClassVar[int | None] = None
    expression: str
    dtypes: tuple[str, ...] = ()
    rows: int = 1

    def __post_init__(self) -> None:
        _parse(self.expression)
        check_whole(self, "rows")
        for name in self.dtypes:
            if not is_dtype(name):
                raise GraphError(f"call: dtypes must name torch data types, got {name!r}")

    @property
    def function(self) -> str:
        """Dotted name of the function: ``"torch.permute"``."""
        return _parse(self.expression)[0]

    def infer_shape(self, *inputs: Shape) -> Shape:
        return _on_meta(self, inputs)

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {}

    def macs(self, *inputs: Shape) -> int:
        """Half of the floating-point operations that torch counts for one sample."""
        samples = max(1, inputs[0][0] // self.rows) if inputs[0] else 1
        return _flops(self, inputs) // (2 * samples)

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        result: Tensor = _parse(self.expression)[1](*inputs)
        return result

    def module(self, *inputs: Shape) -> nn.Module | None:
        """One that runs the expression, where the function takes no tensor to be traced by."""
        return (
            Run(self, follows=_result(self, inputs).dtype == torch.float32)
            if self.function in FACTORIES
            else None
        )

    def features(self) -> OpFeatures:
        return OpFeatures(kind=kind_of(self.function))


class Run(nn.Module):
    """A call as a module; a float32 result is converted with the module.

    Attributes:
        call: The call.
        follows: Whether the result is float32.
    """

    own: Tensor

    def __init__(self, call: Call, *, follows: bool) -> None:
        super().__init__()
        self.call = call
        self.follows = follows
        self.register_buffer("own", torch.empty(0), persistent=False)

    def forward(self, *inputs: Tensor) -> Tensor:
        made = self.call.forward({}, *inputs)
        return made.to(self.own.dtype) if self.follows else made

    def extra_repr(self) -> str:
        return self.call.expression


@lru_cache(maxsize=8192)
def _on_meta(call: Call, shapes: tuple[Shape, ...]) -> Shape:
    """Shape of the result."""
    return tuple(_result(call, shapes).shape)


def _result(call: Call, shapes: tuple[Shape, ...]) -> Tensor:
    """The result of a run without data.

    Raises:
        ShapeError: The function cannot take inputs of these shapes.
    """
    dtypes = call.dtypes or ("float32",) * len(shapes)
    try:
        inputs = [
            torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
            for shape, dtype in zip(shapes, dtypes, strict=True)
        ]
        limit = _FewParts() if _CUTS.search(call.function) else nullcontext()
        with torch.no_grad(), torch.device("meta"), _Meta(), limit:
            result = call.forward({}, *inputs)
    except Exception as error:  # of any kind, as the functions are many
        reason = str(error).partition("\n")[0]
        raise ShapeError(f"{call.expression} cannot take inputs {shapes}: {reason}") from None
    if not isinstance(result, torch.Tensor):
        raise ShapeError(f"{call.expression} returns a {type(result).__name__}, not a tensor")
    return result


class _Meta(TorchFunctionMode):
    """Moves every tensor to the meta device, also where the call names another device."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


class _FewParts(TorchDispatchMode):
    """Refuses to cut tensors into millions of parts, which takes minutes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._left = _PARTS

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._left -= _parts(func, args, kwargs or {})
        if self._left < 0:
            raise ValueError(f"it makes more than {_PARTS:,} tensors")
        return func(*args, **(kwargs or {}))


def _parts(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Into how many parts one operator cuts a tensor."""
    names = [argument.name for argument in func._schema.arguments]
    given = {"dim": 0, **dict(zip(names, args, strict=False)), **kwargs}
    name, size = func._schema.name, given.get("split_size")
    if "unbind" in name:
        return int(given["self"].shape[given["dim"]])
    if "split" in name and isinstance(size, int):
        return int(given["self"].shape[given["dim"]]) // max(1, size)
    return 1


@lru_cache(maxsize=8192)
def _flops(call: Call, shapes: tuple[Shape, ...]) -> int:
    """Floating-point operations that torch counts in a run without data."""
    counter = FlopCounterMode(display=False)
    with counter:
        _on_meta.__wrapped__(call, shapes)
    return int(counter.get_total_flops())


@lru_cache(maxsize=8192)
def _parse(expression: str) -> tuple[str, Callable[..., Any]]:
    """Name of the function, and the expression as a function of the inputs.

    Raises:
        GraphError: It is not one call of a torch function with plain arguments.
    """
    try:
        return _read(expression)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _fault(expression, f"Python cannot read it ({type(error).__name__})") from None


def _read(expression: str) -> tuple[str, Callable[..., Any]]:
    tree = ast.parse(expression, mode="eval")
    body = tree.body
    while isinstance(body, ast.Subscript):
        if not isinstance(body.slice, ast.Constant):
            raise _fault(expression, "only a number can pick a result")
        body = body.value
    if not isinstance(body, ast.Call):
        raise _fault(expression, "it calls no function")
    read: set[int] = set()
    name = ast.unparse(body.func)
    if (
        isinstance(body.func, ast.Attribute)
        and isinstance(body.func.value, ast.Name)
        and name[0] == "x"
    ):
        _check_argument(body.func.value, expression, read)
        name = f"torch.Tensor.{body.func.attr}"
    function = function_named(name)
    if function is None:
        raise _fault(expression, f"{name!r} is not a function of torch that computes a tensor")
    if not read:
        body.func = ast.Name("function_", ast.Load())
    if not all(keyword.arg for keyword in body.keywords):
        raise _fault(expression, "an argument is a dictionary of several")
    unchecked = _UNCHECKED & {keyword.arg for keyword in body.keywords}
    if unchecked:
        raise _fault(
            expression, f"{min(map(str, unchecked))!r} is not an argument that a network may use"
        )
    for argument in (*body.args, *(keyword.value for keyword in body.keywords)):
        _check_argument(argument, expression, read)
    if read != set(range(len(read))):
        raise _fault(expression, "inputs must be x0, x1, ... without a gap")
    names = ", ".join(f"x{index}" for index in range(len(read)))
    code = f"lambda {names}: {ast.unparse(tree)}"
    return name, eval(code, {"function_": function, **_NAMES})


def _check_argument(node: ast.expr, expression: str, read: set[int]) -> None:
    """Raise unless an argument is a literal, an input, its batch size, or a torch constant."""
    match node:
        case ast.Constant(value=value) if not isinstance(value, complex) or isfinite(value):
            return
        case ast.Name(id=name) if _INPUT.fullmatch(name):
            read.add(int(name[1:]))
            return
        case ast.Name(id="inf" | "nan"):
            return
        case (
            ast.Tuple(elts=parts)
            | ast.List(elts=parts)
            | ast.Call(func=ast.Name(id="slice"), args=parts, keywords=[])
        ):
            pass
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            parts = [operand]
        case ast.BinOp(
            op=ast.Mult(), left=ast.Subscript() as left, right=ast.Constant(value=int())
        ):
            parts = [left]
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name() as source, attr="shape"),
            slice=ast.Constant(value=0),
        ):
            parts = [source]
        case ast.Attribute(value=ast.Name(id="torch"), attr=attribute) if isinstance(
            getattr(torch, attribute, None), torch.dtype | torch.layout | torch.memory_format
        ):
            return
        case ast.Attribute(value=ast.Name() as source, attr="device"):
            parts = [source]
        case _:
            raise _fault(expression, f"{ast.unparse(node)!r} is not a plain argument")
    for part in parts:
        _check_argument(part, expression, read)


def _fault(expression: str, reason: str) -> GraphError:
    shown = expression if len(expression) <= _SHOWN else f"{expression[:_SHOWN]}..."
    return GraphError(f"call: cannot take {shown!r}: {reason}")

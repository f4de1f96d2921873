"""The forward pass of a traced module as source code."""

from __future__ import annotations

import ast
import math
import operator
from itertools import chain, count, pairwise
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from nas.exporting.place import place
from nas.graph.ops.call import Run
from nas.graph.ops.function import name_of
from nas.graph.ops.parameter import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

_PUBLIC = {
    function: f"F.{name}"
    for name, function in vars(F).items()
    if callable(function) and not name.startswith("_")
}
"""Names of torch functions in the written code."""

_SIGNS = {
    operator.add: "+",
    operator.and_: "&",
    operator.eq: "==",
    operator.floordiv: "//",
    operator.ge: ">=",
    operator.gt: ">",
    operator.le: "<=",
    operator.lshift: "<<",
    operator.lt: "<",
    operator.matmul: "@",
    operator.mod: "%",
    operator.mul: "*",
    operator.ne: "!=",
    operator.or_: "|",
    operator.pow: "**",
    operator.rshift: ">>",
    operator.sub: "-",
    operator.truediv: "/",
    operator.xor: "^",
}
_SIGNS_IN_FRONT = {operator.invert: "~", operator.neg: "-", operator.pos: "+"}

_DEFAULTS = {
    "inplace": False,
    "ceil_mode": False,
    "return_indices": False,
    "dilation": 1,
    "mode": "constant",
    "value": None,
    "alpha": 1.0,
    "negative_slope": 0.01,
    "approximate": "none",
}
"""Keyword arguments of torch functions that are left out if they have this value."""


_DTYPE = "dtype"
"""The variable that holds the network's own data type."""

_TAKEN = frozenset({"F", _DTYPE})
"""Names in the written code that fx may also give to values."""


def rename(program: fx.Graph) -> None:
    """Rename values whose names the written code uses for something else."""
    taken = {node.name for node in program.nodes} | _TAKEN
    for node in program.nodes:
        if node.name in _TAKEN:
            numbered = (f"{node.name}_{number}" for number in count(1))
            node.name = next(name for name in numbered if name not in taken)
            taken.add(node.name)


def shorten(program: fx.Graph) -> None:
    """Give one short name to all values that only the next statement reads."""
    taken = {node.name for node in program.nodes}
    short = next(name for name in chain(["y"], map("y{}".format, count())) if name not in taken)
    written = [node for node in program.nodes if node.op != "placeholder" and not _inline(node)]
    for node, following in pairwise(written):
        if list(node.users) == [following] and following.op != "output":
            node.name = short


def arguments(program: fx.Graph) -> str:
    """The parameters of the forward function."""
    inputs = (node.name for node in program.nodes if node.op == "placeholder")
    return ", ".join(f"{name}: torch.Tensor" for name in inputs)


def statements(program: fx.Graph) -> list[str]:
    """One line of code for each step.

    Tensors that are float32 in the graph get the data type of the parameters, so that the whole
    network can be converted.
    """
    steps = list(_steps(program))
    if not any(reads(step, _DTYPE) for step in steps):
        return steps
    owner: Any = program.owning_module
    learned = any(True for _ in owner.parameters())
    own = "next(self.parameters()).dtype" if learned else "torch.float32"
    return [f"{_DTYPE} = {own}", *steps]


def reads(source: str, name: str) -> bool:
    """Whether code uses a variable or a module of that name."""
    parts = ast.walk(ast.parse(source))
    return any(isinstance(part, ast.Name) and part.id == name for part in parts)


def _steps(program: fx.Graph) -> Iterator[str]:
    for node in program.nodes:
        if _inline(node):
            continue
        match node.op:
            case "call_module" if isinstance(_module(node), Run):
                yield f"{node.name} = {_expression(node)}"
            case "call_module":
                yield f"{node.name} = {place(str(node.target))}({_arguments(node)})"
            case "call_function":
                yield f"{node.name} = {_function(node)}"
            case "call_method" if node.target == "float":
                yield f"{node.name} = {_text(node.args[0])}.to({_DTYPE})"
            case "call_method":
                called = _arguments(node, first=1)
                yield f"{node.name} = {_text(node.args[0])}.{node.target}({called})"
            case "output":
                yield f"return {_text(node.args[0])}"


def _function(node: fx.Node) -> str:
    target: Any = node.target
    if node.op == "call_module":
        return f"{place(target)}.value"
    if target in _SIGNS:
        left, right = (f"({text})" if text[0] == "-" else text for text in map(_text, node.args))
        return f"{left} {_SIGNS[target]} {right}"
    if target in _SIGNS_IN_FRONT:
        return f"{_SIGNS_IN_FRONT[target]}{_text(node.args[0])}"
    if target is getattr:
        return f"{_text(node.args[0])}.{node.args[1]}"
    if target is operator.getitem:
        return f"{_text(node.args[0])}[{_text(node.args[1])}]"
    called = _PUBLIC.get(target) or str(name_of(target)).replace("torch.functional.", "torch.")
    return f"{called}({_arguments(node)})"


def _expression(node: fx.Node) -> str:
    """The call of a function that is traced as a module, with the names of its inputs."""
    run: Any = _module(node)
    tree = ast.parse(run.call.expression, mode="eval")
    call = next(part for part in ast.walk(tree) if isinstance(part, ast.Call))
    typed = any(keyword.arg == "dtype" for keyword in call.keywords)
    if run.follows and not typed:
        call.keywords.append(ast.keyword("dtype", ast.Name(_DTYPE)))
    return ast.unparse(_Named([_text(read) for read in node.args]).visit(tree))


class _Named(ast.NodeTransformer):
    """Replaces the names in an expression by code."""

    def __init__(self, reads: list[str]) -> None:
        self._texts = {f"x{index}": text for index, text in enumerate(reads)}
        self._texts |= {name: _text(float(name)) for name in ("inf", "nan")}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        text = self._texts.get(node.id)
        return node if text is None else ast.parse(text, mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        of_torch = isinstance(node.value, ast.Name) and node.value.id == "torch"
        if of_torch and getattr(torch, node.attr) is torch.float32:
            return ast.Name(_DTYPE)
        return self.generic_visit(node)


def _arguments(node: fx.Node, first: int = 0) -> str:
    positional = [_text(value) for value in node.args[first:]]
    named = [
        f"{key}={_text(value)}"
        for key, value in node.kwargs.items()
        if not (key in _DEFAULTS and value == _DEFAULTS[key])
    ]
    return ", ".join(positional + named)


def _text(value: Any) -> str:
    if isinstance(value, fx.Node):
        return _function(value) if _inline(value) else value.name
    if isinstance(value, tuple | list):
        entries = ", ".join(map(_text, value))
        bracket = "()" if isinstance(value, tuple) else "[]"
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{bracket[0]}{entries}{comma}{bracket[1]}"
    if isinstance(value, slice):
        return f"slice({', '.join(map(_text, (value.start, value.stop, value.step)))})"
    if value is torch.float32:
        return _DTYPE
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return "..." if value is Ellipsis else repr(value)


def _inline(node: fx.Node) -> bool:
    """Whether the code of a value is written where it is read, without a variable."""
    held = node.op == "call_module" and isinstance(_module(node), Held)
    return held or node.target is getattr or (node.target is operator.getitem and _is_place(node))


def _is_place(node: fx.Node) -> bool:
    """Whether an index picks one of several results or sizes, and not a part of a tensor."""
    return isinstance(node.args[1], int)


def _module(node: fx.Node) -> nn.Module:
    owner: Any = node.graph.owning_module
    module: nn.Module = owner.get_submodule(node.target)
    return module

"""The forward pass of a traced module as source code."""

from __future__ import annotations

import math
import operator
import re
from itertools import chain, count, pairwise
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import fx, nn

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
"""How code calls the torch functions that operations use."""

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
"""Keyword arguments of torch functions that are not written where they hold this value."""


def shorten(program: fx.Graph) -> None:
    """Give one short name to all values that only the next statement reads."""
    taken = {node.name for node in program.nodes}
    short = next(name for name in chain(["y"], map("y{}".format, count())) if name not in taken)
    written = [node for node in program.nodes if node.op != "placeholder" and not _inline(node)]
    for node, following in pairwise(written):
        if list(node.users) == [following] and following.op != "output":
            node.name = short


def statements(program: fx.Graph) -> Iterator[str]:
    """One line for each step."""
    for node in program.nodes:
        if _inline(node):
            continue
        match node.op:
            case "call_module" if isinstance(_module(node), Run):
                yield f"{node.name} = {_expression(node)}"
            case "call_module":
                yield f"{node.name} = self.{node.target}({_arguments(node)})"
            case "call_function":
                yield f"{node.name} = {_function(node)}"
            case "call_method":
                called = _arguments(node, first=1)
                yield f"{node.name} = {_text(node.args[0])}.{node.target}({called})"
            case "output":
                yield f"return {_text(node.args[0])}"


def _function(node: fx.Node) -> str:
    target: Any = node.target
    if node.op == "call_module":
        return f"self.{target}.value"
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
    """The call of a function that is traced as a module, with the names of what it reads."""
    run: Any = _module(node)
    return re.sub(r"\bx(\d+)\b", lambda x: _text(node.args[int(x[1])]), run.call.expression)


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
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return "..." if value is Ellipsis else repr(value)


def _inline(node: fx.Node) -> bool:
    """Whether a value is written where it is read."""
    held = node.op == "call_module" and isinstance(_module(node), Held)
    return held or node.target is getattr or (node.target is operator.getitem and _is_place(node))


def _is_place(node: fx.Node) -> bool:
    """Whether an index picks one of several results or sizes, and not a part of a tensor."""
    return isinstance(node.args[1], int)


def _module(node: fx.Node) -> nn.Module:
    owner: Any = node.graph.owning_module
    module: nn.Module = owner.get_submodule(node.target)
    return module

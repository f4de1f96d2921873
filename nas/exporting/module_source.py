"""The layers of a traced module as source code, and the code they need."""

from __future__ import annotations

import ast
import inspect
import pprint
import sys
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.exporting.place import place, placed
from nas.graph.ops.call import Run
from nas.graph.ops.messages.message_passing import MessagePassing
from nas.graph.ops.parameter import Held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import fx

    from nas.graph.graph import Graph
    from nas.graph.ops.messages.geometric import LayerCall

_LINE = 88
"""Line length above which imports are wrapped, as common formatters do."""


def geometric_calls(graph: Graph) -> dict[str, LayerCall]:
    """The constructor calls of torch-geometric layers, by the names of their nodes."""
    nodes = [node for node in graph.nodes if isinstance(node.op, MessagePassing)]
    if not nodes:
        return {}
    return {
        node.name: node.op.layer_call(graph.input_shapes(node)[0][-1])
        for node in nodes
        if isinstance(node.op, MessagePassing)
    }


def import_line(calls: Mapping[str, LayerCall]) -> str:
    """The statement that imports layers, wrapped if it is long."""
    names = sorted({call.layer.__name__ for call in calls.values()})
    if not names:
        return ""
    line = f"from torch_geometric.nn import {', '.join(names)}\n"
    if len(line) <= _LINE:
        return line
    return "from torch_geometric.nn import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


def _parts(module: fx.GraphModule) -> Iterator[tuple[str, nn.Module]]:
    """Scopes and layers by name, without the submodules of layers."""
    inner = {str(node.target) for node in module.graph.nodes if node.op == "call_module"}
    for name, part in module.named_modules():
        if name.rpartition(".")[0] in inner:
            inner.add(name)
        elif name:
            yield name, part


def helpers(module: fx.GraphModule, calls: Mapping[str, LayerCall]) -> tuple[str, list[str]]:
    """The tables and the sources of all module classes that are not torch's."""
    classes = {type(part) for name, part in _parts(module) if name not in calls} - {Held, Run}
    tables: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for cls in sorted(classes, key=lambda cls: cls.__name__):
        if not cls.__module__.startswith("torch."):
            _write_out(cls, tables, sources)
    lines = (
        f"\n{name} = {pprint.pformat(table, width=99, sort_dicts=False)}\n"
        for name, table in tables.items()
    )
    return "".join(lines), list(sources.values())


def _write_out(thing: Any, tables: dict[str, Any], sources: dict[str, str]) -> None:
    """Add the source of a class or function, after those of the functions it uses."""
    source = inspect.getsource(thing)
    scope = vars(sys.modules[thing.__module__])
    for node in ast.walk(ast.parse(source)):
        used = scope.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and isinstance(used, dict):
            tables[node.id] = used
        elif inspect.isfunction(used) and used is not thing and used.__name__ not in sources:
            _write_out(used, tables, sources)
    sources[thing.__name__] = source


def module_lines(module: fx.GraphModule, calls: Mapping[str, LayerCall]) -> Iterator[str]:
    """``self.cell0.conv = nn.Conv2d(...)`` for every submodule, scopes before their contents."""
    for name, part in _parts(module):
        if name in calls:
            yield placed(name, _call(calls[name]))
        elif isinstance(part, Held):
            yield placed(name, "nn.Module()")
            yield f"{place(name)}.{_hold(part)}"
        elif not isinstance(part, Run):
            yield placed(name, _construct(part))


def _call(call: LayerCall) -> str:
    """The constructor call of a layer of torch-geometric."""
    positional = [_construct(x) if isinstance(x, nn.Module) else repr(x) for x in call.args]
    named = [f"{key}={value!r}" for key, value in call.options.items()]
    return f"{call.layer.__name__}({', '.join(positional + named)})"


def _hold(held: Held) -> str:
    """The statement that creates a module's tensor, before the weights are loaded."""
    shape = tuple(held.value.shape)
    if isinstance(held.value, nn.Parameter):
        return f"value = nn.Parameter(torch.zeros({shape}))"
    return f'register_buffer("value", torch.zeros({shape}, dtype={held.value.dtype}))'


def _construct(module: nn.Module) -> str:
    """The constructor call of a module, without arguments that are defaults."""
    positional, named = [], []
    for name, parameter in inspect.signature(type(module)).parameters.items():
        if name in ("device", "dtype", "args", "kwargs") or name.startswith("_"):
            continue
        value = getattr(module, name)
        value = value is not None if name == "bias" else _plain(value)
        if parameter.default is inspect.Parameter.empty:
            positional.append(repr(value))
        elif value != parameter.default:
            named.append(f"{name}={value!r}")
    prefix = "nn." if type(module).__module__.startswith("torch.") else ""
    return f"{prefix}{type(module).__name__}({', '.join(positional + named)})"


def _plain(value: Any) -> Any:
    """``(3, 3)`` as ``3``: a tuple of equal entries as one of them."""
    if isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value

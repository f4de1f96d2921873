"""A network as the source code of a plain torch module."""

from __future__ import annotations

import ast
import inspect
import math
import operator
import pprint
import re
import sys
import textwrap
from itertools import chain, count, pairwise
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import fx, nn

from nas.compile.module import to_module
from nas.data.split import Split
from nas.errors import ExportError
from nas.graph.ops.call import Run
from nas.graph.ops.function import name_of
from nas.graph.ops.layer import Layer
from nas.graph.ops.message_passing import MessagePassing
from nas.graph.ops.parameter import Held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.ops.geometric import LayerCall
    from nas.graph.tensor_spec import TensorSpec

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
_LINE = 88
"""Length from which imports are wrapped, as the usual formatters do."""

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

_TEMPLATE = '''"""A network found by neural architecture search: {params:,} parameters.

{needs}, for the weights.{example}
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
{imports}{constants}
{helpers}
class Network(nn.Module):
    """{reads}, output {output}."""

    def __init__(self) -> None:
        super().__init__()
{modules}

    def forward(self, {arguments}) -> {returned}:
{forward}


WEIGHTS = Path(__file__).with_name("model.safetensors")


def load(path: str | Path = WEIGHTS) -> Network:
    """The network with the weights in a safetensors file, ready for inference."""
    from safetensors.torch import load_file

    network = Network()
    network.load_state_dict(load_file(path))
    return network.eval()
{preprocess}

if __name__ == "__main__":
    print(load()({zeros}))
'''


_NEEDS = "Plain PyTorch; needs no other package than safetensors"
_NEEDS_GEOMETRIC = "Plain PyTorch; needs torch-geometric, for layers, and safetensors"

_EXAMPLE = """

    network = load()
    scores = network(preprocess(images))  # bytes 0..255: uint8, (B, {channels}, H, W)
    classes = scores.argmax(1)  # indices into CLASSES
"""

_CONSTANTS = '''
MEAN = {mean}
STD = {std}
"""Of each channel of the training images, in the unit of their bytes, 0..255."""

SIZE = {size}
"""Height and width of the images it was trained on."""
'''

_CLASSES = '''
CLASSES = {classes}
"""Names in the order of the scores; None where the data set has none."""
'''

_PREPROCESS = '''

def preprocess(images: torch.Tensor) -> torch.Tensor:
    """What the network takes: byte images (B, C, H, W) resized and normalised as in training."""
    if images.dtype != torch.uint8:
        raise TypeError(f"expected images in bytes 0..255 (torch.uint8), got {images.dtype}")
    pixels = nn.functional.interpolate(images.float(), SIZE, mode="area").round()
    mean = torch.tensor(MEAN, device=images.device)[:, None, None]
    std = torch.tensor(STD, device=images.device)[:, None, None]
    return (pixels - mean) / std
'''


def python_source(graph: Graph, data: Dataset | None = None) -> str:
    """Source of a file with the class ``Network`` and the function ``load``.

    The state of ``Network`` is named like the graph's parameters. Modules that are not torch's
    are written out in the file.

    Args:
        graph: The network.
        data: What it was trained on; the file then also holds ``CLASSES`` and, for images,
            ``MEAN``, ``STD``, ``SIZE``, and the function ``preprocess`` that takes them in bytes.

    Raises:
        ExportError: The network holds a layer whose code is not known.
    """
    for node in graph.nodes:
        if isinstance(node.op, Layer):
            raise ExportError(
                f"{node.name!r} is a {type(node.op.layer).__name__} that is run as it is, and has "
                "no source of its own",
                hint="Save the model that was imported, with its predicted parameters.",
            )
    module = to_module(graph)
    _shorten(module.graph)
    shape = graph.inputs[0].shape
    calls = _geometric_calls(graph)
    tables, sources = _helpers(module, calls)
    images = data.train if data is not None and isinstance(data.train, Split) else None
    source = _TEMPLATE.format(
        params=sum(math.prod(spec.shape) for spec in graph.parameters().values()),
        needs=_NEEDS_GEOMETRIC if calls else _NEEDS,
        imports=_imports(calls),
        reads=_reads(graph),
        zeros=", ".join(map(_zeros, graph.inputs)),
        example=_EXAMPLE.format(channels=shape[1]).rstrip() if images else "",
        constants=tables + (_normalisation(images, shape[-2:]) if images else "") + _classes(data),
        preprocess=_PREPROCESS if images else "",
        output=" and ".join(str(graph.shapes[name]) for name in graph.outputs),
        returned="torch.Tensor" if len(graph.outputs) == 1 else "tuple[torch.Tensor, ...]",
        helpers="".join(f"\n{source}\n" for source in sources),
        modules=_indent(_modules(module, calls)),
        arguments=", ".join(f"{spec.name}: torch.Tensor" for spec in graph.inputs),
        forward=_indent(_statements(module.graph)),
    )
    if "F." not in source:
        source = source.replace("import torch.nn.functional as F\n", "")
    return source


def _zeros(spec: TensorSpec) -> str:
    dtype = "" if spec.dtype == "float32" else f", dtype=torch.{spec.dtype}"
    return f"torch.zeros({spec.shape}{dtype})"


def _normalisation(images: Split, size: tuple[int, ...]) -> str:
    """How images were prepared."""
    mean, std = tuple(images.mean.tolist()), tuple(images.std.tolist())
    return _CONSTANTS.format(mean=mean, std=std, size=size)


def _classes(data: Dataset | None) -> str:
    """The names of the classes."""
    if data is None:
        return ""
    return _CLASSES.format(classes=pprint.pformat(data.class_names, width=99, compact=True))


def _shorten(program: fx.Graph) -> None:
    """Give one short name to all values that only the next statement reads."""
    taken = {node.name for node in program.nodes}
    short = next(name for name in chain(["y"], map("y{}".format, count())) if name not in taken)
    statements = [node for node in program.nodes if node.op != "placeholder" and not _inline(node)]
    for node, following in pairwise(statements):
        if list(node.users) == [following] and following.op != "output":
            node.name = short


def _inline(node: fx.Node) -> bool:
    """Whether a value is written where it is read."""
    held = node.op == "call_module" and isinstance(_module(node), Held)
    return held or node.target is getattr or (node.target is operator.getitem and _is_place(node))


def _is_place(node: fx.Node) -> bool:
    """Whether an index picks one of several results or sizes, and not a part of a tensor."""
    return isinstance(node.args[1], int)


def _module(node: fx.Node) -> nn.Module:
    owner: Any = node.graph.owning_module
    return owner.get_submodule(node.target)  # type: ignore[no-any-return]


def _indent(lines: Iterator[str]) -> str:
    return textwrap.indent("\n".join(lines), " " * 8)


def _reads(graph: Graph) -> str:
    """What the network takes."""
    if any(spec.is_edge_index for spec in graph.inputs):
        _, features = graph.inputs[0].shape
        return (
            f"Features (N, {features}) of nodes and edges (2, E) from row 0 to row 1 between them"
        )
    return f"Input {graph.inputs[0].shape} with any batch size"


def _geometric_calls(graph: Graph) -> dict[str, LayerCall]:
    """How the layers of torch-geometric are made, by the names of their nodes."""
    nodes = [node for node in graph.nodes if isinstance(node.op, MessagePassing)]
    if not nodes:
        return {}
    from nas.graph.ops.geometric import layer_call  # it takes long to import

    return {
        node.name: layer_call(node.op, graph.input_shapes(node)[0][-1])
        for node in nodes
        if isinstance(node.op, MessagePassing)
    }


def _imports(calls: Mapping[str, LayerCall]) -> str:
    """The line that imports layers, in several where it is long."""
    names = sorted({call.layer.__name__ for call in calls.values()})
    if not names:
        return ""
    line = f"from torch_geometric.nn import {', '.join(names)}\n"
    if len(line) <= _LINE:
        return line
    return "from torch_geometric.nn import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


def _parts(module: fx.GraphModule) -> Iterator[tuple[str, nn.Module]]:
    """Scopes and layers by name, without what is inside of layers."""
    inner = {str(node.target) for node in module.graph.nodes if node.op == "call_module"}
    for name, part in module.named_modules():
        if name.rpartition(".")[0] in inner:
            inner.add(name)
        elif name:
            yield name, part


def _helpers(module: fx.GraphModule, calls: Mapping[str, LayerCall]) -> tuple[str, list[str]]:
    """The classes of modules that are not torch's: the tables they use, and their sources."""
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


def _modules(module: fx.GraphModule, calls: Mapping[str, LayerCall]) -> Iterator[str]:
    """``self.cell0.conv = nn.Conv2d(...)`` for every submodule, scopes before their contents."""
    for name, part in _parts(module):
        if name in calls:
            yield f"self.{name} = {_call(calls[name])}"
        elif isinstance(part, Held):
            yield f"self.{name} = nn.Module()"
            yield f"self.{name}.{_hold(part)}"
        elif not isinstance(part, Run):
            yield f"self.{name} = {_construct(part)}"


def _call(call: LayerCall) -> str:
    """The call that makes a layer of torch-geometric."""
    positional = [_construct(x) if isinstance(x, nn.Module) else repr(x) for x in call.args]
    named = [f"{key}={value!r}" for key, value in call.options.items()]
    return f"{call.layer.__name__}({', '.join(positional + named)})"


def _hold(held: Held) -> str:
    """The statement that gives a module its tensor, before the weights are loaded."""
    shape = tuple(held.value.shape)
    if isinstance(held.value, nn.Parameter):
        return f"value = nn.Parameter(torch.zeros({shape}))"
    return f'register_buffer("value", torch.zeros({shape}, dtype={held.value.dtype}))'


def _construct(module: nn.Module) -> str:
    """The call that makes a module like this one, arguments left out where they are defaults."""
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
    """``(3, 3)`` as ``3``, a tuple of one as its entry."""
    if isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value


def _statements(program: fx.Graph) -> Iterator[str]:
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

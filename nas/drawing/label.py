"""Short labels for drawings."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cached_property
from typing import TYPE_CHECKING

from nas.drawing.signature import SIZES, depthwise
from nas.graph.ops.call import Call
from nas.graph.ops.layer import Layer
from nas.graph.ops.recorded_call import RecordedCall

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.graph.node import Node
    from nas.graph.op import Op
    from nas.graph.tensor_spec import Shape, TensorSpec

_SEEN = (*SIZES, "kernel", "stride", "dilation", "padding", "bias", "function", "head", "rate")
_PREFIXES = {1000**4: "T", 1000**3: "G", 1000**2: "M", 1000: "k"}


class Labels:
    """Names of values as they read from inside a scope.

    Args:
        graph: The graph of the values.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def _outlets(self) -> dict[str, set[str]]:
        """Nodes of each scope that are read outside of it."""
        found: dict[str, set[str]] = {}
        for node in self._graph.nodes:
            readers = self._graph.consumers[node.name]
            for scope in scopes(node.name):
                inside = f"{scope}."
                leaves = any(not reader.startswith(inside) for reader in readers)
                if leaves or node.name in self._graph.outputs:
                    found.setdefault(scope, set()).add(node.name)
        return found

    def of(self, value: str, reader: str) -> str:
        """``cell0`` for the result of that scope, ``cell0.block1`` for an inner one.

        Args:
            value: Name of a node or an input.
            reader: Path of its reader; the common prefix is left out.
        """
        path = value
        for scope in reversed(scopes(value)):
            if f"{reader}.".startswith(f"{scope}.") or self._outlets.get(scope) != {value}:
                break
            path = scope
        around = reader.split(".")
        parts = path.split(".")
        while len(parts) > 1 and around and parts[0] == around[0]:
            parts, around = parts[1:], around[1:]
        return ".".join(parts)


def scopes(name: str) -> list[str]:
    """The scopes around a name, the outermost first.

    Example:
        >>> scopes("stage0.cell1.relu")
        ['stage0', 'stage0.cell1']
    """
    parts = name.split(".")[:-1]
    return [".".join(parts[: index + 1]) for index in range(len(parts))]


def operation(graph: Graph, node: Node) -> str:
    """``conv 3x3 /2 depthwise``: the operation of a node without its width."""
    features = node.op.features()
    words = [_kind(node.op).removesuffix("2d")]
    if any(features.kernel):
        words.append("×".join(map(str, features.kernel)))
    if features.stride > 1:
        words.append(f"/{features.stride}")
    if features.dilation > 1:
        words.append(f"dilated {features.dilation}")
    if depthwise(graph, node):
        words.append("depthwise")
    elif getattr(node.op, "groups", 1) > 1:
        words.append(f"groups {features.groups}")
    return " ".join(words + _settings(node.op, words[0]))


def _kind(op: Op) -> str:
    if isinstance(op, Call | RecordedCall):
        return op.function.rpartition(".")[2].strip("_")
    if isinstance(op, Layer):
        return type(op.layer).__name__
    return op.features().kind


def _settings(op: Op, kind: str) -> list[str]:
    """Attributes that the label does not show otherwise, where they are not the default."""
    if isinstance(op, Call | Layer | RecordedCall):
        return []
    shown = []
    for field in fields(op):  # type: ignore[arg-type]
        value = getattr(op, field.name)
        usual = field.default is not MISSING and value == field.default
        if field.name not in _SEEN and not usual and str(value) not in kind:
            shown.append(f"{field.name}={value}")
    return shown


def shape(sizes: Shape) -> str:
    """``(1, 16, 32, 32)`` as ``16×32×32``: the shape for one sample."""
    return "×".join(map(str, sizes[1:])) or "1"


def input_shape(spec: TensorSpec) -> str:
    """Shape of an input for one sample; ``2×E`` for the edges of a data graph."""
    return "2×E" if spec.is_edge_index else shape(spec.shape)


def short(number: float) -> str:
    """``12345678`` as ``12.3M``.

    Example:
        >>> short(999), short(1234), short(45_600_000)
        ('999', '1.23k', '45.6M')
    """
    rounded = float(f"{number:.3g}")
    for size, prefix in _PREFIXES.items():
        if rounded >= size:
            return f"{rounded / size:.3g}{prefix}"
    return f"{rounded:.3g}"

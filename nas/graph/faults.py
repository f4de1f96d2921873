"""Faults in the names, the order and the arity of the parts of a graph."""

from __future__ import annotations

import keyword
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from torch import fx, nn

from nas.errors import GraphError
from nas.graph.limits import SIZE
from nas.graph.tensor_spec import is_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.node import Node
    from nas.graph.tensor_spec import TensorSpec


def check_parts(
    inputs: tuple[TensorSpec, ...], nodes: tuple[Node, ...], outputs: tuple[str, ...]
) -> None:
    """Check names, order and arity of the parts of a graph.

    Raises:
        GraphError: One line for each fault, naming the node.
    """
    refuse(part_faults(inputs, nodes, outputs))


def part_faults(
    inputs: tuple[TensorSpec, ...], nodes: tuple[Node, ...], outputs: tuple[str, ...]
) -> list[str]:
    """Faults in names, order and arity: a line for each, naming the node."""
    faults = [] if inputs else ["the graph has no input"]
    known: set[str] = set()
    for spec in inputs:
        faults += _input_faults(spec, known)
        known.add(spec.name)
    scopes = _scopes(nodes)
    for node in nodes:
        faults += _node_faults(node, known, scopes)
        known.add(node.name)
    faults += [
        f"output {name!r} is not a value of the graph" for name in outputs if name not in known
    ]
    if not outputs:
        faults.append("the graph has no output")
    return faults


def refuse(faults: Sequence[str]) -> None:
    """Raise if there are faults.

    Raises:
        GraphError: One line for each fault.
    """
    if faults:
        raise GraphError("\n".join(faults))


def _input_faults(spec: TensorSpec, known: set[str]) -> list[str]:
    faults = []
    if not _is_identifier(spec.name) or spec.name == "self":
        faults.append("the name must be a Python identifier other than self")
    faults += _reading_faults(spec.name)
    if spec.name in known:
        faults.append("the name is taken by an earlier input")
    sizes = spec.shape if isinstance(spec.shape, tuple) else ()
    if not sizes or not all([isinstance(size, int) and 0 < size <= SIZE for size in sizes]):
        faults.append(
            "the shape must be one or more positive whole numbers, the batch first, "
            f"got {spec.shape!r}"
        )
    if not is_dtype(spec.dtype):
        faults.append(f"the dtype must name a torch data type, got {spec.dtype!r}")
    return [f"input {spec.name!r}: {fault}" for fault in faults]


def _node_faults(node: Node, known: set[str], scopes: set[str]) -> list[str]:
    faults = [*_name_faults(node.name)]
    if node.name in known:
        faults.append("the name is taken by an earlier node or input")
    if node.name in scopes:
        faults.append("the name is the scope of other nodes")
    if not known.issuperset(node.inputs):
        faults += [
            f"reads {name!r}, which is not an earlier node or input"
            for name in node.inputs
            if name not in known
        ]
    arity = node.op.arity
    if len(node.inputs) != arity and not (arity is None and node.inputs):
        expected = "one or more" if arity is None else arity
        faults.append(f"expected {expected} inputs, got {len(node.inputs)}")
    if not faults:
        return []
    where = f"node {node.name!r} ({node.op.kind})"
    return [f"{where}: {fault}" for fault in faults]


@lru_cache(maxsize=16384)
def _name_faults(name: str) -> tuple[str, ...]:
    """Faults of one name; cached, as the networks of a space share their node names."""
    parts = name.split(".")
    faults = []
    if not all(map(_is_identifier, parts)):
        faults.append("the name must be Python identifiers joined by dots")
    faults += _reading_faults(name)
    faults += [
        f"{part!r} is an attribute of every torch module and cannot be part of a name"
        for part in parts
        if part in reserved_names()
    ]
    return tuple(faults)


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _reading_faults(name: str) -> list[str]:
    plain = plain_name(name)
    return [] if name == plain else [f"Python reads the name as {plain!r}; write it like that"]


def plain_name(name: str) -> str:
    """The form in which Python reads a name: ``"fi"`` of the one letter ``"\ufb01"``."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def _scopes(nodes: tuple[Node, ...]) -> set[str]:
    """``"a"`` and ``"a.b"`` for a node ``"a.b.c"``."""
    scopes: set[str] = set()
    for scope in {node.name.rpartition(".")[0] for node in nodes}:
        while scope and scope not in scopes:
            scopes.add(scope)
            scope = scope.rpartition(".")[0]
    return scopes


@cache
def reserved_names() -> frozenset[str]:
    """Names that a submodule of a compiled module cannot have."""
    return frozenset(dir(fx.GraphModule(nn.Module(), fx.Graph())))

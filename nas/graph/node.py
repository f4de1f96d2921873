"""One step of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import ShapeError
from nas.graph.applied import applied

if TYPE_CHECKING:
    from nas.graph.applied import Applied
    from nas.graph.op import Op
    from nas.graph.tensor_spec import Shape


@dataclass(frozen=True)
class Node:
    """An operation applied to named values.

    Attributes:
        name: Dotted Python identifiers (``"cell0.conv"``), unique in the graph. The parameters of
            the compiled module carry it: ``"cell0.conv.weight"``.
        op: The operation.
        inputs: Names of earlier nodes or of graph inputs.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]


def apply_node(node: Node, inputs: tuple[Shape, ...]) -> Applied:
    """The operation of a node at these inputs; errors name the node and its inputs.

    Raises:
        ShapeError: The operation cannot take these inputs.
    """
    try:
        return applied(node.op, inputs)
    except ShapeError as error:
        reads = ", ".join(
            f"{name!r} {shape}" for name, shape in zip(node.inputs, inputs, strict=True)
        )
        raise ShapeError(
            f"node {node.name!r} ({node.op.kind}): {error.message}. It reads {reads}.",
            hint=error.hint,
        ) from None

"""Graphs as readable tables."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING

from nas.errors import counted

if TYPE_CHECKING:
    from nas.graph.op import Op
    from nas.graph.parts import GraphParts


def summary(graph: GraphParts) -> str:
    """A table with one line for each node, and the number of parameters below."""
    rows = [("name", "operation", "inputs", "output", "parameters")]
    rows += [(s.name, "input", "", str(s.shape), "") for s in graph.inputs]
    total = 0
    for node in graph.nodes:
        specs = node.op.parameters(*graph.input_shapes(node))
        count = sum(math.prod(spec.shape) for spec in specs.values())
        total += count
        shape = str(graph.shapes[node.name])
        rows.append((node.name, describe(node.op), ", ".join(node.inputs), shape, f"{count:,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.append(f"{counted(len(graph.nodes), 'node')}, {counted(total, 'parameter')}")
    return "\n".join(lines)


def describe(op: Op) -> str:
    """``conv2d(out_channels=16, kernel=(1, 1))``: attributes that differ from the default."""
    shown = []
    for field in fields(op):  # type: ignore[arg-type]
        value = getattr(op, field.name)
        if field.default is MISSING or value != field.default:
            shown.append(f"{field.name}={value}")
    return f"{op.kind}({', '.join(shown)})" if shown else op.kind

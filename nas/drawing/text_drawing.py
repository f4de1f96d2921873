"""An architecture drawn as text."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from nas.drawing.label import Labels, input_shape, operation, shape, short
from nas.drawing.outline import outline
from nas.drawing.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.drawing.entry import Entry
    from nas.graph.graph import Graph
    from nas.graph.node import Node
    from nas.graph.tensor_spec import TensorSpec

_HEAD = ("", "operations", "output", "parameters", "MACs")
_NARROWEST = 24
_LONGEST_NAME = 30

_TIE = "\u00a0"
_THEN = f" →{_TIE}"

Row = tuple[str, str, str, str, str]


def draw_text(graph: Graph, *, width: int = 100) -> str:
    """The architecture as a table: scopes by indentation, repetitions folded.

    A line is a chain of operations with its output for one sample, its parameters and its
    multiply-accumulates; a line for several equal scopes shows their total cost. Arrows name the
    inputs where they are not the line above; an input that all layers read, such as the edges of a
    data graph, is not repeated.

    Args:
        graph: The architecture.
        width: Characters in a line; long names may exceed it.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 8, 8))
        >>> y = b.relu(b.conv2d(x, 4, name="stem"))
        >>> print(draw_text(b.build(b.classifier(y, 10)), width=72))
                    operations                         output  parameters   MACs
        x           input                               3×8×8
        classifier  conv 3×3 → relu                        10         158  6.95k
                    → adaptive_avg_pool → flatten
                    → head
        5 nodes, 158 parameters, 6.95k MACs
    """
    view = View(graph)
    table = _Table(view)
    for spec in graph.inputs:
        table.rows.append((spec.name, *_input(spec, view), "", ""))
    for entry in outline(view):
        table.add(entry, 0)
    return "\n".join([*_aligned(table.rows, width), table.total()])


class _Table:
    """Rows of a drawing, in the order of computation."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._graph = view.graph
        self._labels = Labels(view.graph)
        self._before = view.graph.inputs[0].name
        self.rows: list[Row] = []

    def add(self, entry: Entry, depth: int) -> None:
        """The rows of an entry and of its inner entries."""
        sizes = self._sizes(entry.nodes, entry.times)
        self.rows.append((f"{'  ' * depth}{entry.title}", self._says(entry), *sizes))
        for inner in entry.entries:
            self.add(inner, depth + 1)
        self._before = entry.last

    def total(self) -> str:
        """The line below the table."""
        _, params, macs = self._sizes(self._graph.nodes, 1)
        nodes = len(self._graph.nodes)
        return f"{nodes} nodes, {params or 0} parameters, {macs or 0} MACs"

    def _says(self, entry: Entry) -> str:
        parts = []
        if entry.times > 1:
            parts.append(f"{entry.times} times")
        if entry.like:
            parts.append(self._likeness(entry))
        elif entry.is_chain:
            parts.append(_THEN.join(operation(self._graph, node) for node in entry.nodes))
        reads = self._view.reads(entry)
        if reads and reads != (self._before,) and (entry.is_chain or entry.like):
            sources = ", ".join(self._labels.of(name, entry.path) for name in reads)
            parts.append(f"←{_TIE}{sources}")
        return " ".join(parts)

    def _likeness(self, entry: Entry) -> str:
        text = f"like {entry.like}"
        if entry.without:
            text += f" without {' and '.join(entry.without)}"
        return f"{text}, but" if entry.entries else text

    def _sizes(self, nodes: Sequence[Node], times: int) -> tuple[str, str, str]:
        params, macs = self._view.cost(nodes)
        return (
            shape(self._graph.shapes[nodes[-1].name]) if nodes else "",
            f"{times * params:,}" if params else "",
            short(times * macs) if macs else "",
        )


def _input(spec: TensorSpec, view: View) -> tuple[str, str]:
    """Text and shape of an input."""
    readers = view.ambient.get(spec.name)
    says = "input" if readers is None else f"input of {readers} operations"
    return says, input_shape(spec)


def _aligned(rows: Sequence[Row], width: int) -> list[str]:
    """Lines with aligned columns, the second one wrapped."""
    columns = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    columns[0] = min(columns[0], _LONGEST_NAME)
    others = sum(columns) - columns[1] + 2 * (len(columns) - 1)
    columns[1] = min(columns[1], max(width - others, _NARROWEST))
    lines = []
    for name, says, *sizes in (_HEAD, *rows):
        first, *rest = wrap(says, columns[1], break_long_words=False) or [""]
        if len(name) > columns[0]:
            lines.append(name)
            name = ""
        numbers = [cell.rjust(column) for cell, column in zip(sizes, columns[2:], strict=True)]
        cells = [name.ljust(columns[0]), first.ljust(columns[1]), *numbers]
        lines.append("  ".join(cells).rstrip())
        lines += [f"{'':{columns[0]}}  {line}" for line in rest]
    return [line.replace(_TIE, " ") for line in lines]

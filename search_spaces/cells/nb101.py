"""NAS-Bench-101: cells of up to five operations, joined by up to nine edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.graph.blocks import conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.ops.call import Call
from nas.graph.ops.pool import MaxPool2d
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from search_spaces.cells.dag import OUTPUT, Dag
from search_spaces.macro import MacroSizes, check_image_space, check_minimum, for_resolution
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

CONV3X3, CONV1X1, MAXPOOL3X3 = "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"
OPERATIONS = (CONV3X3, CONV1X1, MAXPOOL3X3)
VERTICES = 7
"""Largest number of vertices, input and output included."""
EDGES = 9
"""Largest number of edges."""

NUMBERED = ("input", OUTPUT, MAXPOOL3X3, CONV1X1, CONV3X3)
"""Operations by their number in NASLib's tables."""

KNOWN = {
    "ResNet": f"{CONV3X3}~0+{CONV3X3}~1+output~0,2",
    "Inception": f"{CONV1X1}~0+{CONV3X3}~0+{CONV3X3}~0+{CONV3X3}~3+{MAXPOOL3X3}~0+output~1,2,4,5",
}
"""Cells by name: the basic block of He et al. 2016 with a projected shortcut, and the example of
the authors' program, after Szegedy et al. 2015 with two 3x3 convolutions in place of a 5x5."""

_LAST = VERTICES - 1
_SIZES: dict[float, MacroSizes] = {
    8: {"channels": 16, "cells": 1},
    28: {"channels": 32, "cells": 1},
    math.inf: {},
}


@register
@dataclass(frozen=True, kw_only=True)
class NasBench101(SearchSpace):
    """Three stacks of equal cells, a max pool before the second and third, which double the width.

    A vertex applies its operation to the sum of the vertices it reads. The output of a cell
    concatenates; the input of the cell passes a 1x1 convolution on each edge, and is added to the
    concatenation where the output reads it.

    The choices are made from the output backwards: for each vertex that a later one reads, its
    operation and, for each earlier vertex, whether it reads that. An edge is a choice only while
    nine edges suffice to connect all vertices, and a vertex that reads no other reads the input.
    So all choices give cells of the benchmark, all of its cells can be chosen, and every choice is
    one of a vertex in use. The notation numbers these vertices anew, in the same order.

    Attributes:
        channels: Width of the first stack; at least five, one for each vertex.
        cells: Cells in each stack.

    Example:
        >>> from nas.task.task import Task
        >>> space = NasBench101(task=Task(classes=10, channels=3, resolution=32))
        >>> params = space.known()["ResNet"]
        >>> params["op_2"], params["edge_1_2"], params["edge_0_2"]
        ('conv3x3-bn-relu', True, False)
        >>> space.encode(params)
        'conv3x3-bn-relu~0+conv3x3-bn-relu~1+output~0,2'
    """

    name: ClassVar[str] = "nb101"
    description: ClassVar[str] = "NAS-Bench-101: cells of up to five operations and nine edges"
    source: ClassVar[str] = "Ying et al., NAS-Bench-101, ICML 2019"
    canonical_notation: ClassVar[bool] = True

    channels: int = 128
    cells: int = 3

    def __post_init__(self) -> None:
        check_image_space(self)
        check_minimum(self, "channels", VERTICES - 2)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        dag = _suggest(trial)
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        with b.scope("stem"):
            x = _conv_bn_relu(b, x, self.channels, 3)
        for stack in range(3):
            with b.scope(f"stack{stack}"):
                if stack:
                    odd = x.shape[2] % 2, x.shape[3] % 2
                    x = b.op(MaxPool2d(kernel=(2, 2), stride=2, padding=odd), x)
                for index in range(self.cells):
                    with b.scope(f"cell{index}"):
                        x = cell(b, x, dag, self.channels * 2**stack)
        return b.build(b.classifier(x, self.task.classes))

    def encode(self, params: Params) -> str:
        """``op~0+op~0,1+output~1,2``: operation and inputs of each vertex; 0 is the input."""
        return _suggest(ReplayTrial(params)).to_text()

    def decode(self, text: str) -> dict[str, Any]:
        return _params(Dag.from_text(text, OPERATIONS))

    def known(self) -> dict[str, dict[str, Any]]:
        """The cells of ResNet and Inception."""
        return {name: self.decode(text) for name, text in KNOWN.items()}

    def size(self) -> int:
        """Number of notations; up to isomorphism the benchmark counts 423,624 cells."""
        return 1_293_208


def params_of(adjacency: Sequence[Sequence[int]], operations: Sequence[str]) -> dict[str, Any]:
    """The parameters of a cell as the benchmark specifies it.

    Args:
        adjacency: Upper triangular matrix; row i, column j is 1 if vertex j reads vertex i.
        operations: Operations of all vertices, with ``"input"`` first and ``"output"`` last.

    Raises:
        EncodingError: It is no such specification, or no cell of the benchmark: without a path
            from input to output, or with too many vertices or edges on such paths.

    Example:
        >>> params_of([[0, 1], [0, 0]], ["input", "output"])["edge_5_6"]
        False
    """
    count = len(operations)
    if [len(row) for row in adjacency] != [count] * count or count < 2:
        raise EncodingError(f"expected a square matrix of {max(2, count)} vertices")
    if any(adjacency[i][j] for i in range(count) for j in range(i + 1)):
        raise EncodingError(
            "expected an upper triangular matrix, got an edge to an earlier vertex"
        )
    first, *inner, last = operations
    if (first, last) != ("input", OUTPUT) or not {*inner} <= {*OPERATIONS}:
        expected = f"input, then any of {', '.join(OPERATIONS)}, then output"
        raise EncodingError(f"expected {expected}, got {list(operations)}")
    sources = [[i for i in range(j) if adjacency[i][j]] for j in range(1, count)]
    return _params(Dag.pruned(inner, sources))


def params_of_numbers(numbers: Sequence[int]) -> dict[str, Any]:
    """The parameters of a cell as NASLib's tables list it.

    Args:
        numbers: The 7x7 adjacency matrix by rows, then seven numbers of :data:`NUMBERED`.

    Raises:
        EncodingError: These are no such numbers, or no cell of the benchmark.
    """
    square = VERTICES**2
    if len(numbers) != square + VERTICES or not {*numbers[square:]} <= {*range(len(NUMBERED))}:
        raise EncodingError(
            f"expected {square} numbers of a matrix and {VERTICES} of operations from 0 to "
            f"{len(NUMBERED) - 1}, got {list(numbers)}"
        )
    rows = [numbers[start : start + VERTICES] for start in range(0, square, VERTICES)]
    return params_of(rows, [NUMBERED[number] for number in numbers[square:]])


def cell(b: GraphBuilder, x: Value, dag: Dag, channels: int) -> Value:
    """One cell: (B, C, H, W) -> (B, channels, H, W)."""
    values = [x]
    for vertex, width in enumerate(dag.widths(channels), start=1):
        with b.scope(f"vertex{vertex}"):
            read = [
                _truncated(b, values[source], width) if source else _projected(b, x, width)
                for source in dag.sources[vertex - 1]
            ]
            total = b.add(*read) if len(read) > 1 else read[0]
            values.append(_applied(b, total, dag.operations[vertex - 1]))
    with b.scope(OUTPUT):
        joined = [values[source] for source in dag.sources[-1] if source]
        ends = [b.concat(*joined)] if len(joined) > 1 else joined
        if 0 in dag.sources[-1]:
            ends.append(_projected(b, x, channels))
        return b.add(*ends) if len(ends) > 1 else ends[0]


def _applied(b: GraphBuilder, x: Value, operation: str) -> Value:
    if operation == MAXPOOL3X3:
        return b.max_pool(x, 3)
    return _conv_bn_relu(b, x, x.channels, 3 if operation == CONV3X3 else 1)


def _projected(b: GraphBuilder, x: Value, channels: int) -> Value:
    with b.scope("projection"):
        return _conv_bn_relu(b, x, channels, 1)


def _truncated(b: GraphBuilder, x: Value, channels: int) -> Value:
    """The first channels: of two vertices that share a remainder, one is a channel wider."""
    if x.channels == channels:
        return x
    return b.op(Call(expression=f"torch.narrow(x0, 1, 0, {channels})"), x, name="truncate")


def _conv_bn_relu(b: GraphBuilder, x: Value, channels: int, kernel: int) -> Value:
    return b.relu(conv_bn(b, x, channels, kernel))


def _suggest(trial: Trial) -> Dag:
    operations = [""] * (_LAST - 1)
    sources: list[list[int]] = [[] for _ in range(_LAST)]
    needed, edges = {_LAST}, 0
    for vertex in range(_LAST, 0, -1):
        if vertex not in needed:
            continue
        needed.remove(vertex)
        if vertex < _LAST:
            operations[vertex - 1] = trial.suggest_categorical(f"op_{vertex}", OPERATIONS)
        reads = sources[vertex - 1]
        for source in range(vertex - 1, -1, -1):
            connected = needed | {source} if source else needed
            if edges + 1 + len(connected) > EDGES:  # each of these takes one edge or more
                continue
            is_forced = not (source or reads)
            if is_forced or trial.suggest_categorical(f"edge_{source}_{vertex}", (False, True)):
                reads.append(source)
                needed, edges = set(connected), edges + 1
    return Dag.pruned(operations, sources)


def _params(dag: Dag) -> dict[str, Any]:
    """The parameters that give a cell.

    Raises:
        EncodingError: It has too many vertices or edges.
    """
    inner = len(dag.operations)
    if inner > VERTICES - 2 or dag.edges > EDGES:
        raise EncodingError(
            f"expected at most {VERTICES - 2} operations and {EDGES} edges on paths from input to "
            f"output, got {inner} and {dag.edges}"
        )
    targets = (*range(1, inner + 1), _LAST)
    chosen = {f"op_{vertex}": op for vertex, op in enumerate(dag.operations, start=1)}
    given = {f"edge_{i}_{j}": False for j in range(1, VERTICES) for i in range(j)}
    for target, reads in zip(targets, dag.sources, strict=True):
        given.update({f"edge_{source}_{target}": True for source in reads})
    trial = ReplayTrial({**given, **chosen})
    _suggest(trial)
    return trial.params

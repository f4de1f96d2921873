"""Features of an architecture for a graph hypernetwork, as tensors."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch_geometric.data import Data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.op import Op, OpFeatures, Role
    from nas.graph.tensor_spec import Shape

# The tables below grow at their end only, so that what an earlier checkpoint knows keeps its
# place; with them grows hypernets.cards.VOCABULARY_VERSION.

KINDS = (
    "input",
    "conv2d",
    "linear",
    "head",
    "batch_norm2d",
    "group_norm",
    "layer_norm",
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "add",
    "mul",
    "concat",
    # version 2
    "parameter",
    "embedding",
    "prelu",
    "conv_transpose",
    "attention",
    "recurrent",
    "matmul",
    "softmax",
    "layer",
    "call",
    # version 3
    "gcn",
    "gat",
    "gin",
    "cheb",
    "sage",
    "sage_add",
    "sage_max",
    "arma",
    "graph",
    "graph_mean",
    "graph_max",
    "general",
    "general_mean",
    "general_max",
    *(
        f"{attention}_attention_{aggregation}{pool}"
        for attention in ("const", "gcn", "gat", "sym-gat", "cos", "linear", "gene-linear")
        for aggregation in ("add", "mean", "max")
        for pool in ("", "_pool")
    ),
)
"""Kinds of operation that are nodes of a hypernetwork's graph."""

OTHER = "call"
"""The kind of an operation that no table lists."""

PASSED = (
    "elu",
    "gelu",
    "hardsigmoid",
    "hardswish",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "softplus",
    "tanh",
    "identity",
    "flatten",
    "shift2d",
    "dropout",
    "drop_path",
    # version 2
    "reshape",
    "function",
    "celu",
    "hardshrink",
    "hardtanh",
    "logsigmoid",
    "selu",
    "softshrink",
    "softsign",
    "tanhshrink",
)
"""Kinds of one input and no parameters, encoded as attributes of their readers to save nodes."""

CUT = ("zero", "constant")
"""Kinds whose output does not depend on their input."""

TABLE_SIZES = (16, 16, 5, 5, 4, 2, 9, 32, 32, 24)
"""Entries for kernel height and width, stride, dilation, grouping, bias, number of values read,
and, two to an octave, input channels, output channels and output resolution; larger values
clip."""

_READS = 6
"""The column of the number of values read."""

WAVELENGTHS = 8
"""Sines and cosines that encode the distance of a node from the input and from the output."""

_SPATIAL = frozenset(
    kind for kind in KINDS if kind.startswith(("conv", "batch", "group", "max", "avg"))
)
"""Kinds whose channels are dimension 1 also in (B, C, T)."""

_LAST = frozenset({"linear", "head", "layer_norm", "parameter", "embedding", "attention"})
"""Kinds whose channels are the last dimension also in (B, H, W, C)."""

_KIND = {kind: index for index, kind in enumerate(KINDS)}
_PASSED = {kind: index for index, kind in enumerate(PASSED)}


@dataclass(frozen=True)
class ParamSlot:
    """A parameter to predict.

    Attributes:
        name: Its name in the graph.
        node: The node it belongs to.
        role: Its role in the node.
        shape: Its shape.
        first: Whether that node reads an input of the network.
        ordinal: Number of parameters of equal role and shape before it in that node.
    """

    name: str
    node: int
    role: Role
    shape: Shape
    first: bool
    ordinal: int


@dataclass(frozen=True)
class EncodedGraph:
    """A graph as a torch-geometric record, and its parameters.

    Attributes:
        data: ``kind (N,)``, ``attributes (N, 10)``, ``passed (N, 27)``, ``depth (N, 32)``,
            ``level (N,)`` the longest path from an input, ``edge_index (2, E)`` from every
            ancestor within reach, ``distance (E,)`` its shortest path, 1 for real edges. Nodes
            are sorted by level.
        slots: Every parameter of the graph, in its order.
    """

    data: Data
    slots: tuple[ParamSlot, ...]


def encode(graph: Graph, reach: int) -> EncodedGraph:
    """Turn a graph into typed node features and (virtual) edges.

    An operation of a kind that no table lists becomes a call. Fixed tensors, values computed from
    fixed tensors only, and the edges of data graphs have no nodes.

    Args:
        graph: Any graph.
        reach: Longest path that becomes a virtual edge (GHN-2: 50); 1 keeps real edges only.
    """
    view = _View(graph)
    order = np.argsort(view.levels, kind="stable")
    place = np.argsort(order, kind="stable").tolist()
    edges, distance = _reachable(
        [[place[source] for source in view.reads[node]] for node in order.tolist()], reach
    )
    rows = view.rows()[order]  # (N, 1 + len(TABLE_SIZES))
    levels = torch.tensor(view.levels)[order]
    data = Data(
        kind=torch.from_numpy(rows[:, 0].copy()),
        attributes=torch.from_numpy(rows[:, 1:].copy()),
        passed=torch.from_numpy(view.passed_counts()[order]),
        depth=_depth(levels),
        level=levels,
        edge_index=torch.from_numpy(edges),
        distance=torch.from_numpy(distance),
        num_nodes=len(order),
    )
    return EncodedGraph(data, tuple(_slots(graph, view, place)))


def _slots(graph: Graph, view: _View, place: list[int]) -> Iterator[ParamSlot]:
    """The parameters of a graph, with the nodes of a view at the given positions."""
    owners = graph.owners
    alike: Counter[tuple[int, Role, Shape]] = Counter()
    for name, spec in graph.parameters().items():
        owner = owners[name]
        layer = name.removeprefix(f"{owner}.").rpartition(".")[0]
        node = view.parts.get((owner, layer), view.index[owner])
        first = not view.inputs.isdisjoint(view.reads[node])
        kind = (node, spec.role, spec.shape)
        yield ParamSlot(name, place[node], spec.role, spec.shape, first, alike[kind])
        alike[kind] += 1


class _Sources(NamedTuple):
    """What a value comes from: nodes, and the passed kinds on the way from them."""

    nodes: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()


class _Look(NamedTuple):
    """Features of an operation at its shapes: kind, and table indices without the input count.

    ``parts`` are the table indices of the layers inside the operation, by name.
    """

    kind: str
    row: tuple[int, ...]
    parts: tuple[tuple[str, tuple[int, ...]], ...]


class _View:
    """The nodes of a graph as a hypernetwork sees them, and the inputs of each.

    The view is smaller than the graph: an activation or a reshape without parameters gets no node,
    but is counted among the features of its readers, which saves a step of message passing. A
    value is therefore represented by the nodes it comes from and by the kinds it has passed. Zeros
    cut the graph, so their value comes from no node. An operation that only fixed tensors reach
    has no node either, unless it owns a parameter to predict.
    """

    def __init__(self, graph: Graph) -> None:
        self.index: dict[str, int] = {}
        self.parts: dict[tuple[str, str], int] = {}
        self.reads: list[tuple[int, ...]] = []
        self.levels: list[int] = []
        self._passed: list[tuple[int, ...]] = []
        self._rows: list[tuple[int, ...]] = []
        sources = {
            spec.name: _Sources((self._append(_input_row(spec.shape), _Sources()),))
            for spec in graph.inputs
            if not spec.is_edge_index
        }
        self.inputs = set(range(len(self.levels)))
        owning = set(graph.owners.values())
        for node in graph.nodes:
            live = [sources[name] for name in node.inputs if name in sources]
            owns = node.name in owning
            if not live and not owns:
                continue  # fixed
            shape = graph.shapes[node.name]
            shape_in = graph.shapes[node.inputs[0]] if node.inputs else shape
            look = _look(node.op, shape_in, shape)
            if look.kind in CUT:
                sources[node.name] = _Sources()
            elif look.kind in _PASSED and len(live) == 1 and not owns:
                nodes, passed = live[0]
                sources[node.name] = _Sources(nodes, (*passed, _PASSED[look.kind]))
            else:
                sources[node.name] = self._append_parts(node.name, look.parts, _merge(live))
                place = self._append(look.row, sources[node.name])
                self.index[node.name] = place
                sources[node.name] = _Sources((place,))

    def _append_parts(
        self, name: str, parts: tuple[tuple[str, tuple[int, ...]], ...], sources: _Sources
    ) -> _Sources:
        """Nodes for the layers inside an operation, as a chain."""
        for owner, row in parts:
            place = self.parts[name, owner] = self._append(row, sources)
            sources = _Sources((place,))
        return sources

    def _append(self, row: tuple[int, ...], sources: _Sources) -> int:
        self._rows.append(row)
        self.reads.append(sources.nodes)
        self._passed.append(sources.passed)
        self.levels.append(1 + max((self.levels[source] for source in sources.nodes), default=-1))
        return len(self.levels) - 1

    def rows(self) -> np.ndarray:
        """Kind and table indices of each node: (N, 1 + len(TABLE_SIZES))."""
        rows = np.array(self._rows, np.int64)
        rows[:, 1 + _READS] = [min(len(reads), TABLE_SIZES[_READS] - 1) for reads in self.reads]
        return rows

    def passed_counts(self) -> np.ndarray:
        """Number of operations of each passed kind before each node: (N, len(PASSED))."""
        counts = np.zeros((len(self._passed), len(PASSED)), np.float32)
        for node, kinds in enumerate(self._passed):
            for kind in kinds:
                counts[node, kind] += 1
        return counts


def _merge(values: list[_Sources]) -> _Sources:
    if len(values) == 1:
        return values[0]
    nodes = tuple(node for value in values for node in value.nodes)
    return _Sources(nodes, tuple(kind for value in values for kind in value.passed))


@lru_cache(maxsize=2**14)
def _look(op: Op, shape_in: Shape, shape_out: Shape) -> _Look:
    features = op.features()
    parts = tuple(
        (part.owner, _row_of(part.features, part.reads, part.gives)) for part in features.parts
    )
    return _Look(features.kind, _row_of(features, shape_in, shape_out), parts)


def _row_of(features: OpFeatures, shape_in: Shape, shape_out: Shape) -> tuple[int, ...]:
    kind = features.kind if features.kind in _KIND else OTHER
    channels, _ = _sizes(kind, shape_in)
    grouping = 1 + (features.groups > 1) + (features.groups == channels)
    window = (*features.kernel, features.stride, features.dilation)
    return _row(kind, (*window, grouping, int(features.bias)), shape_in, shape_out)


def _input_row(shape: Shape) -> tuple[int, ...]:
    return _row("input", (0,) * _READS, shape, shape)


def _row(kind: str, values: tuple[int, ...], shape_in: Shape, shape_out: Shape) -> tuple[int, ...]:
    channels_in, _ = _sizes(kind, shape_in)
    channels_out, resolution = _sizes(kind, shape_out)
    sizes = (_octaves(size) for size in (channels_in, channels_out, resolution))
    entries = zip((*values, 0, *sizes), TABLE_SIZES, strict=True)
    return _KIND[kind], *(min(value, size - 1) for value, size in entries)


def _sizes(kind: str, shape: Shape) -> tuple[int, int]:
    """Channels and resolution; T tokens count as a square image."""
    tokens = len(shape) == 3 and kind not in _SPATIAL
    if tokens or kind in _LAST or len(shape) < 2:
        return math.prod(shape[-1:]), round(math.sqrt(math.prod(shape[1:-1])))
    return shape[1], shape[-1] if shape[2:] else 1


def _octaves(size: int) -> int:
    return round(2 * math.log2(max(size, 1)))


def _depth(levels: Tensor) -> Tensor:
    """Sinusoids of the distance from the input and to the deepest node: (N, 32).

    Without them the states of equal layers are nearly alike, and so are their weights.
    """
    ends = torch.stack([levels, levels.max() - levels], 1)  # (N, 2)
    rates = 2 * math.pi / 2.5 ** torch.arange(1, WAVELENGTHS + 1)
    angles = ends[:, :, None] * rates  # (N, 2, 8)
    return torch.cat([angles.sin(), angles.cos()], -1).flatten(1)


def _reachable(reads: list[list[int]], reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (ancestor, node) at most ``reach`` steps apart (2, E), and the shortest paths (E,).

    Nodes come in topological order, so one row per node suffices: the distance of an ancestor is
    one more than its smallest distance to an input of the node.
    """
    # A breadth-first search from each node would visit every edge again for each target. Here row
    # `node` of the matrix is the minimum over the finished rows of its inputs plus one, a few
    # vector operations. `far` stands for "no path within reach" and is chosen as reach + 1, so
    # that sums stay within the type: one byte suffices for the usual reach of 50.
    count = len(reads)
    far = min(reach, count) + 1
    kind = np.uint8 if far < np.iinfo(np.uint8).max else np.int32
    distance = np.full((count, count), far, kind)  # rows are targets
    for node, sources in enumerate(reads):
        row = distance[node, :node]
        for source in sources:
            np.minimum(row, distance[source, :node] + kind(1), out=row)
        for source in sources:
            row[source] = 1
    found = np.flatnonzero(distance < far)
    edges = np.empty((2, len(found)), np.int64)
    np.divmod(found, count, out=(edges[1], edges[0]))
    return edges, distance.ravel()[found].astype(np.float32)

"""What a graph hypernetwork sees of an architecture, as tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch_geometric.data import Data

from nas.errors import VocabularyError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.op import Op, OpFeatures, Role
    from nas.graph.tensor_spec import Shape

VOCABULARY_VERSION = 1
"""Raised whenever a table below changes; a checkpoint states the version it was trained with."""

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
)
"""Kinds of operation that are nodes of a hypernetwork's graph."""

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
)
"""Kinds without parameters that are an attribute of the nodes reading them, to save steps."""

CUT = "zero"
"""The kind that passes nothing on."""

TABLE_SIZES = (16, 16, 5, 5, 4, 2, 9, 32, 32, 24)
"""Entries for kernel height and width, stride, dilation, grouping, bias, number of values read,
and, two to an octave, input channels, output channels and output resolution; larger values
clip."""

WAVELENGTHS = 8
"""Sines and cosines that tell how far a node is from the input and from the output."""

_KIND = {kind: index for index, kind in enumerate(KINDS)}
_PASSED = {kind: index for index, kind in enumerate(PASSED)}


@dataclass(frozen=True)
class ParamSlot:
    """A parameter to predict: its name, the node it belongs to, its role and shape."""

    name: str
    node: int
    role: Role
    shape: Shape


@dataclass(frozen=True)
class EncodedGraph:
    """A graph as a torch-geometric record, and its parameters.

    Attributes:
        data: ``kind (N,)``, ``attributes (N, 10)``, ``passed (N, 17)``, ``depth (N, 32)``,
            ``level (N,)`` the longest path from an input, ``edge_index (2, E)`` from every
            ancestor within reach, ``distance (E,)`` its shortest path, 1 for real edges. Nodes
            are sorted by level.
        slots: Every parameter of the graph, in its order.
    """

    data: Data
    slots: tuple[ParamSlot, ...]


def encode(graph: Graph, reach: int) -> EncodedGraph:
    """Turn a graph into typed node features and (virtual) edges.

    Args:
        graph: Any graph of known operations.
        reach: Longest path that becomes a virtual edge (GHN-2: 50); 1 keeps real edges only.

    Raises:
        VocabularyError: An operation is not in the vocabulary.
    """
    view = _View(graph)
    order = sorted(range(len(view.features)), key=view.levels.__getitem__)
    place = {node: position for position, node in enumerate(order)}
    sources, targets, distances = _reachable([view.reads[node] for node in order], place, reach)
    rows = [view.row(node) for node in order]
    levels = torch.tensor([view.levels[node] for node in order])
    data = Data(
        kind=torch.tensor([row[0] for row in rows]),
        attributes=torch.tensor([row[1] for row in rows]),
        passed=torch.from_numpy(view.passed_counts(order)),
        depth=_depth(levels),
        level=levels,
        edge_index=torch.from_numpy(np.stack([sources, targets])),
        distance=torch.from_numpy(distances),
        num_nodes=len(order),
    )
    slots = tuple(
        ParamSlot(name, place[view.index[name.rpartition(".")[0]]], spec.role, spec.shape)
        for name, spec in graph.parameters().items()
    )
    return EncodedGraph(data, slots)


class _View:
    """The nodes a hypernetwork sees, and which of them each one reads."""

    def __init__(self, graph: Graph) -> None:
        self.index: dict[str, int] = {}
        self.features: list[OpFeatures | None] = []
        self.shapes: list[tuple[Shape, Shape]] = []
        self.reads: list[list[int]] = []
        self.levels: list[int] = []
        self._passed: list[list[int]] = []
        heard: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for spec in graph.inputs:
            heard[spec.name] = ((self._append(None, spec.shape, spec.shape, [], []),), ())
        for node in graph.nodes:
            nodes, passed = _merge(heard, node.inputs)
            features = node.op.features()
            if features.kind == CUT:
                heard[node.name] = ((), ())
            elif features.kind in _PASSED:
                heard[node.name] = (nodes, (*passed, _PASSED[features.kind]))
            else:
                _known(node.op, features)
                shape = graph.shapes[node.inputs[0]]
                place = self._append(features, shape, graph.shapes[node.name], nodes, passed)
                self.index[node.name] = place
                heard[node.name] = ((place,), ())

    def _append(
        self,
        features: OpFeatures | None,
        shape_in: Shape,
        shape_out: Shape,
        reads: tuple[int, ...] | list[int],
        passed: tuple[int, ...] | list[int],
    ) -> int:
        self.features.append(features)
        self.shapes.append((shape_in, shape_out))
        self.reads.append(list(reads))
        self.levels.append(1 + max((self.levels[source] for source in reads), default=-1))
        self._passed.append(list(passed))
        return len(self.features) - 1

    def row(self, node: int) -> tuple[int, tuple[int, ...]]:
        """Kind and table indices of a node."""
        shape_in, shape_out = self.shapes[node]
        resolution = shape_out[-1] if shape_out[2:] else 1
        sizes = [_octaves(size) for size in (shape_in[1], shape_out[1], resolution)]
        context = (len(self.reads[node]), *sizes)
        features = self.features[node]
        if features is None:
            kind, values = "input", (0,) * (len(TABLE_SIZES) - len(context))
        else:
            grouping = 1 + (features.groups > 1) + (features.groups == shape_in[1])
            window = (*features.kernel, features.stride, features.dilation)
            kind, values = features.kind, (*window, grouping, int(features.bias))
        entries = zip((*values, *context), TABLE_SIZES, strict=True)
        return _KIND[kind], tuple(min(value, size - 1) for value, size in entries)

    def passed_counts(self, order: list[int]) -> np.ndarray:
        """How often each passed kind stands before each node: (N, len(PASSED))."""
        counts = np.zeros((len(order), len(PASSED)), np.float32)
        for position, node in enumerate(order):
            for kind in self._passed[node]:
                counts[position, kind] += 1
        return counts


def _merge(
    heard: dict[str, tuple[tuple[int, ...], tuple[int, ...]]], inputs: tuple[str, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if len(inputs) == 1:
        return heard[inputs[0]]
    nodes = tuple(node for name in inputs for node in heard[name][0])
    return nodes, tuple(kind for name in inputs for kind in heard[name][1])


def _known(op: Op, features: OpFeatures) -> None:
    if features.kind not in _KIND:
        raise VocabularyError(
            f"operation {op.kind!r} (kind {features.kind!r}) is not in the vocabulary of "
            f"hypernetworks (version {VOCABULARY_VERSION})"
        )


def _octaves(size: int) -> int:
    return round(2 * math.log2(size))


def _depth(levels: Tensor) -> Tensor:
    """Sinusoids of the distance from the input and to the deepest node: (N, 32).

    Without them the states of equal layers are nearly alike, and so are their weights.
    """
    ends = torch.stack([levels, levels.max() - levels], 1)  # (N, 2)
    rates = 2 * math.pi / 2.5 ** torch.arange(1, WAVELENGTHS + 1)
    angles = ends[:, :, None] * rates  # (N, 2, 8)
    return torch.cat([angles.sin(), angles.cos()], -1).flatten(1)


def _reachable(
    reads: list[list[int]], place: dict[int, int], reach: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (ancestor, node) at most ``reach`` steps apart, with the length of the shortest path.

    Nodes come in topological order, so one row per node suffices: an ancestor's distance is one
    more than its smallest distance to a node read.
    """
    count = len(reads)
    far = np.int16(min(reach, count) + 1)
    distance = np.full((count, count), far, np.int16)
    for node, sources in enumerate(reads):
        row = distance[node]
        for source in sources:
            np.minimum(row, distance[place[source]] + np.int16(1), out=row)
        for source in sources:
            row[place[source]] = 1
    np.minimum(distance, far, out=distance)
    targets, sources_found = np.nonzero(distance < far)
    return sources_found, targets, distance[targets, sources_found].astype(np.float32)

"""An order of nodes that does not depend on the original order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch_geometric.data import Data

from hypernets.features import EncodedGraph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

Colour = tuple[Any, ...]


def in_canonical_order(graph: EncodedGraph) -> EncodedGraph:
    """The same graph with its nodes ordered by level, features, parameters and neighbours.

    Nodes of a level with equal features are ordered by their inputs, then by their readers, and
    where these are equal too by the order of their inputs. Encoders of sequences need it.
    """
    order = torch.tensor(_order(graph))
    place = order.argsort()
    data = graph.data
    values = {key: _ordered(data, key, order, place) for key in data.keys()}  # noqa: SIM118
    slots = tuple(replace(slot, node=int(place[slot.node])) for slot in graph.slots)
    return EncodedGraph(Data(**values), slots)


def _ordered(data: Data, key: str, order: Tensor, place: Tensor) -> Tensor | int:
    value: Tensor | int = data[key]
    if key == "edge_index":
        return place[value]
    if isinstance(value, int) or key == "distance":
        return value
    return value[order]


def _order(graph: EncodedGraph) -> list[int]:
    data = graph.data
    levels = _groups(data.level.tolist())
    source, target = data.edge_index[:, data.distance == 1].tolist()
    sources, targets = _neighbours(source, target), _neighbours(target, source)
    ahead = _refined(levels, sources, _looks(graph))
    colours = _refined(levels[::-1], targets, ahead)
    place: dict[int, int] = {}
    for nodes in levels:
        keys = {node: (colours[node], sorted(place[n] for n in sources[node])) for node in nodes}
        for node in sorted(nodes, key=keys.__getitem__):
            place[node] = len(place)
    return list(place)


def _groups(levels: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(max(levels) + 1)]
    for node, level in enumerate(levels):
        found[level].append(node)
    return found


def _neighbours(others: Sequence[int], nodes: Sequence[int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for other, node in zip(others, nodes, strict=True):
        found[node].append(other)
    return found


def _looks(graph: EncodedGraph) -> dict[int, Colour]:
    data = graph.data
    rows = torch.cat([data.kind[:, None], data.attributes, data.passed], 1).tolist()
    owned: dict[int, list[tuple[str, Shape]]] = defaultdict(list)
    for slot in graph.slots:
        owned[slot.node].append((slot.role, slot.shape))
    return {node: (tuple(row), tuple(owned[node])) for node, row in enumerate(rows)}


def _refined(
    levels: Sequence[Sequence[int]],
    others: Mapping[int, Sequence[int]],
    colours: Mapping[int, Colour],
) -> dict[int, Colour]:
    """Colours refined by those of the neighbours: (level, rank within it)."""
    found: dict[int, Colour] = {}
    for level, nodes in enumerate(levels):
        keys = {
            node: (colours[node], tuple(sorted(found[other] for other in others[node])))
            for node in nodes
        }
        rank = {key: index for index, key in enumerate(sorted(set(keys.values())))}
        found.update({node: (level, rank[key]) for node, key in keys.items()})
    return found

"""Layout of boxes and arrows in layers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Point = tuple[float, float]
Size = tuple[float, float]
Edge = tuple[str, str]
_Dots = dict[str, list[str]]

BETWEEN = 18.0
"""Pixels between two boxes side by side."""
BELOW = 30.0
"""Pixels between two layers."""
_SWEEPS = 12
_DOT: Size = (6.0, 0.0)


@dataclass(frozen=True)
class Arrangement:
    """A layered drawing.

    Attributes:
        width: Total width, in pixels.
        height: Total height, in pixels.
        corners: Upper left corner of each box.
        arrows: Points of each edge, from the lower side of one box to the upper side of another;
            between layers it may bend.
    """

    width: float
    height: float
    corners: Mapping[str, Point]
    arrows: Mapping[Edge, tuple[Point, ...]]


def arrange(boxes: Mapping[str, Size], edges: Sequence[Edge]) -> Arrangement:
    """Lay out an acyclic graph after Sugiyama, Tagawa and Toda 1981.

    Each box lies below all boxes that point at it; arrows over several layers pass between boxes;
    the order in a layer is the best of some barycentre sweeps, and positions minimise the squared
    distances between connected boxes.

    Args:
        boxes: Width and height of each box; sources of edges before their targets.
        edges: From box to box, each once.

    Example:
        >>> found = arrange({"a": (20, 10), "b": (20, 10)}, [("a", "b")])
        >>> found.corners["a"][1] < found.corners["b"][1]
        True
    """
    if not boxes:
        return Arrangement(0, 0, {}, {})
    layer_of = _layers(boxes, edges)
    sizes = dict(boxes)
    chains: dict[Edge, list[str]] = {}
    rows: list[list[str]] = [[] for _ in range(max(layer_of.values()) + 1)]
    for name, layer in layer_of.items():
        rows[layer].append(name)
    for source, target in edges:
        chain = [source]
        for layer in range(layer_of[source] + 1, layer_of[target]):
            dot = f"{source} {target} {layer}"
            sizes[dot] = _DOT
            rows[layer].append(dot)
            chain.append(dot)
        chains[source, target] = [*chain, target]
    above, below = _neighbours(chains.values())
    rows = _ordered(rows, above, below)
    centres = _placed(rows, sizes, above, below)
    tops = _tops(rows, sizes)
    return _finished(boxes, rows, sizes, chains, centres, tops)


def _layers(boxes: Mapping[str, Size], edges: Sequence[Edge]) -> dict[str, int]:
    """Layer of each box: below all its sources; boxes without sources above their first target."""
    sources: _Dots = {name: [] for name in boxes}
    targets: _Dots = {name: [] for name in boxes}
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    layers: dict[str, int] = {}
    for name in boxes:
        layers[name] = 1 + max((layers[source] for source in sources[name]), default=-1)
    for name in boxes:
        if not sources[name] and targets[name]:
            layers[name] = min(layers[target] for target in targets[name]) - 1
    return layers


def _neighbours(chains: Iterable[list[str]]) -> tuple[_Dots, _Dots]:
    above: _Dots = {}
    below: _Dots = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    return above, below


def _ordered(rows: list[list[str]], above: _Dots, below: _Dots) -> list[list[str]]:
    """The rows with few crossings: each sorted by the mean position of its neighbours."""
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        rows = [list(row) for row in rows]
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        neighbours, step = (above, -1) if sweep % 2 == 0 else (below, 1)
        for index in order:
            places = {name: place for place, name in enumerate(rows[index + step])}
            rows[index] = _sorted(rows[index], neighbours, places)
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _sorted(row: list[str], neighbours: _Dots, places: Mapping[str, int]) -> list[str]:
    def barycentre(name: str) -> float:
        beside = neighbours.get(name)
        return sum(places[other] for other in beside) / len(beside) if beside else row.index(name)

    return sorted(row, key=barycentre)


def _crossings(rows: list[list[str]], below: _Dots) -> int:
    """Pairs of arrows that cross, counted between neighbouring rows."""
    total = 0
    for upper, lower in pairwise(rows):
        places = {name: place for place, name in enumerate(lower)}
        ends = [
            place for name in upper for place in sorted(places[o] for o in below.get(name, ()))
        ]
        total += sum(first > second for i, first in enumerate(ends) for second in ends[i + 1 :])
    return total


def _placed(
    rows: list[list[str]], sizes: Mapping[str, Size], above: _Dots, below: _Dots
) -> dict[str, float]:
    """Horizontal centres, moved towards those of the neighbours in alternating sweeps."""
    centres: dict[str, float] = {}
    for row in rows:
        centres |= _spread(row, [0.0] * len(row), sizes)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for row in rows if downwards else reversed(rows):
            wanted = [_mean([centres[o] for o in neighbours.get(n, [n])]) for n in row]
            centres |= _spread(row, wanted, sizes)
    return centres


def _spread(row: list[str], wanted: list[float], sizes: Mapping[str, Size]) -> dict[str, float]:
    """Centres nearest to the wanted ones (least squares) that keep order and distance.

    With the distances subtracted this is isotonic regression: neighbours that would overlap pool
    and share the mean.
    """
    shifts, shift = [], 0.0
    for index, name in enumerate(row):
        if index:
            shift += (sizes[row[index - 1]][0] + sizes[name][0]) / 2 + BETWEEN
        shifts.append(shift)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, shifts, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    return {name: mean + offset for name, mean, offset in zip(row, flat, shifts, strict=True)}


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _tops(rows: list[list[str]], sizes: Mapping[str, Size]) -> list[tuple[float, float]]:
    """Upper and lower side of each row."""
    tops, y = [], 0.0
    for row in rows:
        height = max(sizes[name][1] for name in row)
        tops.append((y, y + height))
        y += height + BELOW
    return tops


def _finished(
    boxes: Mapping[str, Size],
    rows: list[list[str]],
    sizes: Mapping[str, Size],
    chains: Mapping[Edge, list[str]],
    centres: Mapping[str, float],
    tops: list[tuple[float, float]],
) -> Arrangement:
    left = min(centres[name] - sizes[name][0] / 2 for name in centres)
    right = max(centres[name] + sizes[name][0] / 2 for name in centres)
    row_of = {name: index for index, row in enumerate(rows) for name in row}
    corners = {
        name: (centres[name] - width / 2 - left, tops[row_of[name]][0])
        for name, (width, _) in boxes.items()
    }

    def points(chain: list[str]) -> tuple[Point, ...]:
        source, *dots, target = chain
        x = centres[source] - left
        found = [(x, corners[source][1] + boxes[source][1]), (x, tops[row_of[source]][1])]
        for dot in dots:
            found += [(centres[dot] - left, side) for side in tops[row_of[dot]]]
        return (*found, (centres[target] - left, corners[target][1]))

    arrows = {edge: points(chain) for edge, chain in chains.items()}
    return Arrangement(right - left, tops[-1][1], corners, arrows)

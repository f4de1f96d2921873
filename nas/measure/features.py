"""Features of a network from which its latency is predicted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.graph.applied import Applied
    from nas.graph.graph import Graph

ALL = "all"
"""Stands for all operations together."""


def features(graph: Graph) -> dict[str, float]:
    """Counts, multiply-accumulates and output elements of each kind of operation and of all.

    A device spends a fixed time on each operation, and time for its arithmetic and for the memory
    that it moves; how much depends on the kind of operation. Some devices also run what does not
    change the result, so there are features of the ``whole`` graph and of its ``live`` part.

    Args:
        graph: The network.

    Returns:
        Values for one sample by name, such as ``live conv2d 3x3 macs``; missing ones are zero.
    """
    return {
        f"{part} {name}": value
        for part, one in (("whole", graph), ("live", graph.simplified))
        for name, value in _sums(one).items()
    }


def _sums(graph: Graph) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for step in graph.applied.values():
        for name, value in _amounts(step):
            for kind in (_kind(step), ALL):
                sums[f"{kind} {name}"] += value
        sums[f"{ALL} weights"] += step.params
    sums[f"{ALL} depth"] = _depth(graph)
    return sums


def _amounts(step: Applied) -> Iterator[tuple[str, float]]:
    yield "count", 1.0
    yield "macs", float(step.macs)
    yield "elements", float(step.size)


def _kind(step: Applied) -> str:
    """``conv2d 3x3 grouped``: what makes an operation fast or slow, beside its size."""
    seen = step.op.features()
    window = f" {seen.kernel[0]}x{seen.kernel[1]}" if any(seen.kernel) else ""
    return f"{step.op.kind}{window}{' grouped' if seen.groups > 1 else ''}"


def _depth(graph: Graph) -> int:
    """Operations on the longest path: those that cannot run at the same time."""
    depths = {spec.name: 0 for spec in graph.inputs}
    for node in graph.nodes:
        depths[node.name] = 1 + max((depths[name] for name in node.inputs), default=0)
    return max(depths[name] for name in graph.outputs)

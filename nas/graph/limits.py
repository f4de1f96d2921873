"""Limits on the size of a network that is read or searched: no small file may take all memory.

A module that the user passes is not limited: its memory is allocated already. The limits lie
far above the networks that one machine trains: ViT-L has 3e8 parameters and some 400 nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import GraphError

if TYPE_CHECKING:
    from nas.graph.parts import GraphParts

NODES = 100_000
PARAMETERS = 2_000_000_000
"""8 GB in float32."""
ELEMENTS = 2**30
"""Largest value for one sample: 4 GiB in float32."""
SIZE = 2**31
"""Largest attribute or dimension."""
CHARACTERS = 2**26
"""Largest graph as JSON: 600 for each of the largest number of nodes."""


def check_count(what: str, count: int, limit: int) -> None:
    """Raise if a count of a network exceeds ``limit``.

    Raises:
        GraphError: It has more.
    """
    if count > limit:
        raise GraphError(
            f"the network has {count:,} {what}, at most {limit:,} are allowed",
            hint="Make it smaller.",
        )


def check_size(graph: GraphParts) -> None:
    """Raise if a network is too large to build, before memory is allocated for it.

    Raises:
        GraphError: It has too many nodes or parameters, or a value is too large.
        ShapeError: A node cannot take its inputs.
    """
    check_count("nodes", len(graph.nodes), NODES)
    steps = graph.applied
    check_count("parameters", sum([step.params for step in steps.values()]), PARAMETERS)
    largest = max(steps, key=lambda name: steps[name].size, default=None)
    if largest is not None:
        what = f"numbers for each sample in the output of {largest!r}"
        check_count(what, steps[largest].size, ELEMENTS)

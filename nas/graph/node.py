"""One step of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.graph.op import Op


@dataclass(frozen=True)
class Node:
    """An operation applied to named values.

    Attributes:
        name: Dotted Python identifiers (``"cell0.conv"``), unique in the graph. The parameters of
            the compiled module carry it: ``"cell0.conv.weight"``.
        op: What is computed.
        inputs: Names of earlier nodes or of graph inputs.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]

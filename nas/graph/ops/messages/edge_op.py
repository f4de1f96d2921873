"""The contract of operations on the nodes of a data graph and their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from nas.errors import ShapeError
from nas.graph.op import Op

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


class EdgeOp(Op):
    """An operation on node features (N, F) and edges (2, E), whose messages run from row 0 to 1.

    The batch dimension of the features counts the nodes, the second dimension of the edges counts
    the edges. Costs are per node, without the computations on edges.
    """

    arity: ClassVar[int | None] = 2

    channels: int
    """Features of each node in the result."""

    @final
    def infer_shape(self, *inputs: Shape) -> Shape:
        x, edges = inputs
        if len(x) != 2 or len(edges) != 2 or edges[0] != 2:
            raise ShapeError(
                f"expected node features (N, F) and edges (2, E), got {x} and {edges}"
            )
        return x[0], self.channels

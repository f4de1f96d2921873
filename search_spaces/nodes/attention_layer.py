"""The attention layers of GraphNAS and Auto-GNN, and their common choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value

HIDDEN = (4, 8, 16, 32, 64, 128, 256)
"""Features of each head."""

HEADS = (1, 2, 4, 6, 8, 16)

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear", "softplus", "leaky_relu", "relu6", "elu")
"""``linear`` is none."""

PERCEPTRON = 128
"""Hidden width of the perceptrons in both spaces."""


@dataclass(frozen=True)
class AttentionLayer:
    """One layer: its messages, their attention and aggregation, and the layers after it.

    Attributes:
        attention: See :class:`nas.graph.ops.messages.graph_attention.GraphAttention`.
        aggregation: How messages are aggregated.
        pool: Hidden width of the linear layers on messages, 0 for none.
        activation: One of :data:`ACTIVATIONS`.
        heads: Number of heads.
        hidden: Features of each head.
        first: Whether it reads the features of the data, most of which may be zero.
        last: Whether its outputs are the class scores; heads are then averaged.
        dropout: Rate of dropout on its inputs and on the attention.
        perceptron: Hidden width of a perceptron on the aggregated messages, 0 for none.
    """

    attention: str
    aggregation: str
    pool: int
    activation: str
    heads: int
    hidden: int
    first: bool
    last: bool
    dropout: float
    perceptron: int = 0

    def add(self, b: GraphBuilder, x: Value, edges: Value) -> Value:
        """The layer at the end of a network: (N, F) -> (N, heads * hidden)."""
        if self.dropout:
            x = (b.feature_dropout if self.first else b.dropout)(x, self.dropout)
        x = b.graph_attention(
            x,
            edges,
            self.attention,
            self.hidden if self.last else self.heads * self.hidden,
            heads=self.heads,
            aggregation=self.aggregation,
            pool=self.pool,
            concat=not self.last,
            dropout=self.dropout,
            name="attention",
        )
        if self.perceptron:
            width = x.channels
            x = b.relu(b.linear(x, self.perceptron, name="widen"))
            x = b.linear(x, width, name="combine")
        return x if self.activation == "linear" else b.activation(x, self.activation)


def scaled(hidden: int, width: int) -> int:
    """A hidden width, scaled from a widest one of 256 to ``width``."""
    return max(1, hidden * width // HIDDEN[-1])

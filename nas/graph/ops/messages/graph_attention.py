"""The attention layers that GraphNAS and Auto-GNN search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.errors import GraphError
from nas.graph.op import OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_flag, check_real, check_whole
from nas.graph.ops.messages.edge_op import EdgeOp
from nas.graph.ops.messages.neighbour_attention import (
    ATTENTIONS,
    VECTORS,
    NeighbourAttention,
    attend,
)
from nas.graph.ops.messages.neighbourhood import AGGREGATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from nas.graph.tensor_spec import Shape


@operation("graph_attention")
@dataclass(frozen=True, kw_only=True)
class GraphAttention(EdgeOp):
    """Weighted messages of the neighbours, each node its own neighbour.

    (N, F), edges (2, E) -> (N, channels); Gao et al. 2019 (GraphNAS), Zhou et al. 2019 (Auto-GNN).

    Attributes:
        attention: How edges are weighted. ``const``: equally; ``gcn``: 1 / sqrt(d_i d_j); the
            others by the softmax over the neighbours j of i of: ``gat`` leaky_relu(a·h_i + b·h_j);
            ``sym-gat`` gat(i, j) + gat(j, i); ``cos`` the product of a h_i and b h_j; ``linear``
            tanh(b·h_j); ``gene-linear`` g·tanh(a h_i + b h_j).
        channels: Features of each node in the result.
        heads: Number of heads, each with its own weights.
        aggregation: How weighted messages are aggregated: ``add``, ``mean`` or ``max``.
        pool: Hidden width of two linear layers on every message, 0 for none.
        concat: Whether heads, each ``channels / heads`` wide, are concatenated, or averaged.
        dropout: Probability that a weight of an edge is dropped in training.
    """

    reads_sparse: ClassVar[bool] = True

    attention: str
    channels: int
    heads: int = 1
    aggregation: str = "add"
    pool: int = 0
    concat: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_whole(self, "channels", "heads")
        check_flag(self, "concat")
        check_real(self, "dropout", 0, 1)
        for name, known in (("attention", ATTENTIONS), ("aggregation", AGGREGATIONS)):
            value = getattr(self, name)
            if value not in known:
                raise GraphError(
                    f"{self.kind}: {name} must be one of {', '.join(known)}, got {value!r}"
                )
        if self.pool:
            check_whole(self, "pool")
        if self.concat and self.channels % self.heads:
            raise GraphError(
                f"{self.kind}: channels must be divisible by heads={self.heads} that stand side "
                f"by side, got {self.channels}"
            )

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        heads, channels = self.heads, self.head_channels
        specs = {"lin.weight": ParamSpec((heads * channels, inputs[0][-1]), Role.WEIGHT)}
        for name in VECTORS[self.attention]:
            rows = 1 if name == "gene" else heads
            specs[name] = ParamSpec((1, rows, channels), Role.ATTENTION)
        if self.pool:
            specs["reduce.weight"] = ParamSpec((self.pool, channels), Role.WEIGHT)
            specs["reduce.bias"] = ParamSpec((self.pool,), Role.BIAS)
            specs["expand.weight"] = ParamSpec((channels, self.pool), Role.WEIGHT)
            specs["expand.bias"] = ParamSpec((channels,), Role.BIAS)
        return {**specs, "bias": ParamSpec((self.channels,), Role.BIAS)}

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates of the projections, without messages and their weights."""
        width = self.heads * self.head_channels
        return width * (inputs[0][-1] + 2 * self.pool)

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        x, edges = inputs
        return attend(
            dict(params),
            x,
            edges,
            self.attention,
            self.heads,
            self.aggregation,
            concat=self.concat,
        )

    def module(self, *inputs: Shape) -> nn.Module:
        return NeighbourAttention(
            inputs[0][-1],
            self.channels,
            self.attention,
            heads=self.heads,
            aggregation=self.aggregation,
            pool=self.pool,
            concat=self.concat,
            dropout=self.dropout,
        )

    def features(self) -> OpFeatures:
        pooled = "_pool" if self.pool else ""
        return OpFeatures(
            kind=f"{self.attention}_attention_{self.aggregation}{pooled}",
            groups=self.heads,
            bias=True,
        )

    @property
    def head_channels(self) -> int:
        """Output features of each head."""
        return self.channels // self.heads if self.concat else self.channels

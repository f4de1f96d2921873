"""Message-passing layers: the nodes of a data graph aggregate messages of their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import GraphError, nearest
from nas.graph.op import OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_flag, check_whole
from nas.graph.ops.messages.edge_op import EdgeOp
from nas.graph.ops.messages.message_passing_layer import LAYERS, LayerSizes, MessageLayer, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from nas.graph.ops.messages.geometric import LayerCall
    from nas.graph.tensor_spec import Shape


@operation("message_passing")
@dataclass(frozen=True, kw_only=True)
class MessagePassing(EdgeOp):
    """A layer of torch-geometric: (N, F), edges (2, E) -> (N, channels).

    Attributes:
        layer: ``gcn``, ``gat``, ``gin`` on one linear layer, ``cheb`` with two terms, ``sage``,
            ``arma`` with one stack and one layer, ``graph`` (GraphConv), or ``general``, the
            layer of GraphGym.
        channels: Features of each node in the result.
        heads: Attention heads; ``gat`` only.
        concat: Whether heads, each ``channels / heads`` wide, are concatenated, or averaged.
        aggregation: How messages are aggregated, ``add``, ``mean`` or ``max``, for ``sage``,
            ``graph`` and ``general``; the layer's default unless given.
        bias: Whether a bias is added.
    """

    layer: str
    channels: int
    heads: int = 1
    concat: bool = True
    aggregation: str | None = None
    bias: bool = True

    def __post_init__(self) -> None:
        check_whole(self, "channels", "heads")
        check_flag(self, "concat", "bias")
        if self.layer not in LAYERS:
            raise GraphError(
                f"{self.kind}: layer must be one of {', '.join(LAYERS)}, got {self.layer!r}",
                hint=nearest(str(self.layer), LAYERS),
            )
        ways = self._layer.aggregations
        if self.aggregation is None:
            object.__setattr__(self, "aggregation", ways[0])
        if self.aggregation not in ways:
            raise GraphError(
                f"{self.kind}: {self.layer} aggregates by {' or '.join(ways)}, "
                f"got {self.aggregation!r}"
            )
        if self.layer != "gat" and (self.heads > 1 or not self.concat):
            raise GraphError(f"{self.kind}: {self.layer} has no heads, got heads={self.heads}")
        if self.concat and self.channels % self.heads:
            raise GraphError(
                f"{self.kind}: channels must be divisible by heads={self.heads} that stand side "
                f"by side, got {self.channels}"
            )

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        layer = self._layer
        specs = {
            name: ParamSpec(shape, _role(name, shape))
            for name, shape in layer.shapes(self._sizes(inputs)).items()
        }
        if self.bias:
            name, shape = layer.bias
            specs[name] = ParamSpec((*shape[:-1], self.channels), Role.BIAS)
        return specs

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates of the projections, without messages."""
        sizes = self._sizes(inputs)
        return self._layer.products * sizes.features * sizes.heads * sizes.channels

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        x, edges = inputs
        assert self.aggregation
        h = self._layer.run(params, x, edges, self.aggregation)
        return joined(h, params, concat=self.concat) if self.layer == "gat" else h

    def module(self, *inputs: Shape) -> nn.Module:
        from nas.graph.ops.messages.geometric import make_layer  # it takes long to import

        return make_layer(self.layer_call(inputs[0][-1]))

    def layer_call(self, features: int) -> LayerCall:
        """The call that creates torch-geometric's layer for a number of input features."""
        from nas.graph.ops.messages.geometric import layer_call  # it takes long to import

        return layer_call(
            self.layer,
            features,
            self.head_channels,
            heads=self.heads,
            concat=self.concat,
            aggregation=self.aggregation,
            bias=self.bias,
        )

    def features(self) -> OpFeatures:
        own = self.aggregation == self._layer.aggregations[0]
        return OpFeatures(
            kind=self.layer if own else f"{self.layer}_{self.aggregation}",
            groups=self.heads,
            bias=self.bias,
        )

    @property
    def head_channels(self) -> int:
        """Output features of each head."""
        return self.channels // self.heads if self.concat else self.channels

    @property
    def _layer(self) -> MessageLayer:
        return LAYERS[self.layer]

    def _sizes(self, inputs: tuple[Shape, ...]) -> LayerSizes:
        return LayerSizes(inputs[0][-1], self.head_channels, self.heads)


def _role(name: str, shape: Shape) -> Role:
    if name.startswith("att"):
        return Role.ATTENTION
    return Role.WEIGHT if len(shape) == 2 else Role.STACKED

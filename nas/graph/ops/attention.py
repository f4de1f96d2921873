"""Attention between tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch.nn.functional as F

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, operation
from nas.graph.ops.attribute import check_whole
from nas.graph.ops.window import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from nas.graph.tensor_spec import Shape


@operation("attention")
@dataclass(frozen=True, kw_only=True)
class Attention(Op):
    """Scaled dot-product attention, Vaswani et al. 2017: softmax(q kᵀ / √(C/heads)) v.

    Queries (B, T, C), keys and values (B, S, C) -> (B, T, C). The channels are split into heads
    that attend independently; linear layers before and after it are separate nodes.

    Attributes:
        heads: Number of heads, which divides the channels.
    """

    keeps_zero = True

    arity: ClassVar[int | None] = 3

    heads: int

    def __post_init__(self) -> None:
        check_whole(self, "heads")

    def infer_shape(self, *inputs: Shape) -> Shape:
        query, key, value = map(tokens, inputs)
        if key != value or query[::2] != key[::2]:
            raise ShapeError(
                "expected queries (B, T, C) and keys and values (B, S, C), "
                f"got {query}, {key} and {value}"
            )
        if query[2] % self.heads:
            raise ShapeError(f"expected channels divisible by heads={self.heads}, got {query[2]}")
        return query

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {}

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates of the two matrix products."""
        (_, length, channels), key, _ = inputs
        return 2 * length * key[1] * channels

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        query, key, value = (
            x.unflatten(2, (self.heads, -1)).transpose(1, 2) for x in inputs
        )  # (B, heads, T, C/heads)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return mixed.transpose(1, 2).flatten(2)  # (B, T, C)

    def module(self, *inputs: Shape) -> nn.Module | None:
        return None

    def features(self) -> OpFeatures:
        return OpFeatures(kind="attention", groups=self.heads)

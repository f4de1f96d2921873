"""Embedding: lookup of learned vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import nn

from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


@operation("embedding")
@dataclass(frozen=True, kw_only=True)
class Embedding(Op):
    """A vector for each token id: whole numbers (B, ...) -> (B, ..., dim).

    Attributes:
        num_embeddings: Number of vectors; ids lie below it.
        dim: Length of each vector.
    """

    num_embeddings: int
    dim: int

    def __post_init__(self) -> None:
        check_whole(self, "num_embeddings", "dim")

    def infer_shape(self, *inputs: Shape) -> Shape:
        return *inputs[0], self.dim

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {"weight": ParamSpec((self.num_embeddings, self.dim), Role.TABLE)}

    def macs(self, *inputs: Shape) -> int:
        return 0

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.embedding(inputs[0], params["weight"])

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Embedding(self.num_embeddings, self.dim)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="embedding")

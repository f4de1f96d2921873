"""Random omission during training; the identity when evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from nas.graph.op import FreeOp, OpFeatures, operation
from nas.graph.ops.attribute import check_real

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


class StochasticDepth(nn.Module):
    """Zero a branch for random samples during training, and scale up the others."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        keep = 1.0 - self.rate
        shape = (x.shape[0],) + (1,) * (x.dim() - 1)
        return x * x.new_empty(shape).bernoulli_(keep) / keep

    def extra_repr(self) -> str:
        return f"{self.rate}"


class SparseDropout(nn.Module):
    """Dropout of sparse features, such as words of a text: it draws for nonzero entries only.

    On a CPU it may return a sparse matrix if its reader accepts one: with few nonzero features the
    projection of Cora's nodes is three times as fast; with half of them it would be slower.
    """

    def __init__(self, rate: float, sparse: bool = False) -> None:
        super().__init__()
        self.rate = rate
        self.sparse = sparse

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        places = x.nonzero(as_tuple=True)
        kept = nn.functional.dropout(x[places], self.rate)
        if self.sparse and x.is_cpu and 16 * len(kept) < x.numel():
            return torch.sparse_coo_tensor(
                torch.stack(places), kept, x.shape, is_coalesced=True, check_invariants=False
            )
        return torch.zeros_like(x).index_put(places, kept)

    def extra_repr(self) -> str:
        return f"{self.rate}, sparse={self.sparse}"


class RandomOmission(FreeOp):
    """Identity in evaluation mode."""

    keeps_zero = True

    rate: float

    def __post_init__(self) -> None:
        check_real(self, "rate", 0, 1)

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return inputs[0]

    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.kind)


@operation("dropout")
@dataclass(frozen=True, kw_only=True)
class Dropout(RandomOmission):
    """Dropout of single elements, Srivastava et al. 2014."""

    rate: float

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Dropout(self.rate)


@operation("feature_dropout")
@dataclass(frozen=True, kw_only=True)
class FeatureDropout(RandomOmission):
    """Dropout of sparse features; a sixth of the time of dense dropout on those of Cora."""

    rate: float

    def module(self, *inputs: Shape) -> nn.Module:
        return SparseDropout(self.rate)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="dropout")


@operation("drop_path")
@dataclass(frozen=True, kw_only=True)
class DropPath(RandomOmission):
    """Dropout of the whole branch for each sample, Larsson et al. 2017."""

    rate: float

    def module(self, *inputs: Shape) -> nn.Module:
        return StochasticDepth(self.rate)

"""Tensors that do not depend on the input: learned ones and fixed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import nn

from nas.errors import GraphError
from nas.graph.op import FreeOp, Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.tensor_spec import is_dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_INITIAL = {Role.SCALE: 1.0, Role.BIAS: 0.0, Role.SHIFT: 0.0, Role.CLASS_BIAS: 0.0}


class Held(nn.Module):
    """A module that returns the tensor it holds as ``value``."""

    value: Tensor

    def forward(self) -> Tensor:
        return self.value


@operation("parameter")
@dataclass(frozen=True, kw_only=True)
class Parameter(Op):
    """A learned tensor as a value: positions, class tokens, weights shared by several layers.

    Attributes:
        shape: Its shape, without a batch dimension.
        role: Its role in the operations that read it.
    """

    arity: ClassVar[int | None] = 0
    shape: tuple[int, ...]
    role: Role = Role.TABLE

    def __post_init__(self) -> None:
        _check_shape(self, self.shape)
        if self.role not in tuple(Role):
            raise GraphError(f"parameter: role must be one of {', '.join(Role)}, got {self.role}")
        object.__setattr__(self, "role", Role(self.role))

    def infer_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {"value": ParamSpec(self.shape, self.role)}

    @final
    def macs(self, *inputs: Shape) -> int:
        return 0

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return params["value"]

    def module(self, *inputs: Shape) -> nn.Module:
        """Holds ones for a scale, zeros for a bias, and a normal draw of std 0.02 otherwise."""
        module = Held()
        value = torch.empty(self.shape)
        if self.role in _INITIAL:
            value.fill_(_INITIAL[self.role])
        else:
            nn.init.trunc_normal_(value, std=0.02)
        module.value = nn.Parameter(value)
        return module

    def features(self) -> OpFeatures:
        return OpFeatures(kind="parameter")


@operation("constant")
@dataclass(frozen=True, kw_only=True)
class Constant(FreeOp):
    """A fixed tensor as a value: position indices, masks, grids.

    The values are not part of the graph: like running statistics they are stored in the buffers of
    the compiled module, and passed to :func:`nas.compile.apply` with the parameters.

    Attributes:
        shape: Its shape, without a batch dimension.
        dtype: Name of a torch data type.
    """

    arity: ClassVar[int | None] = 0
    shape: tuple[int, ...]
    dtype: str = "float32"

    def __post_init__(self) -> None:
        _check_shape(self, self.shape)
        if not is_dtype(self.dtype):
            raise GraphError(f"constant: dtype must name a torch data type, got {self.dtype!r}")

    def infer_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return params["value"]

    def module(self, *inputs: Shape) -> nn.Module:
        """Holds zeros until its state is loaded."""
        module = Held()
        zeros = torch.zeros(self.shape, dtype=getattr(torch, self.dtype))
        module.register_buffer("value", zeros)
        return module

    def features(self) -> OpFeatures:
        return OpFeatures(kind="constant")


def _check_shape(op: Op, shape: object) -> None:
    if type(shape) is not tuple or not all(type(size) is int and size >= 0 for size in shape):
        raise GraphError(f"{op.kind}: shape must be a tuple of whole numbers, got {shape!r}")

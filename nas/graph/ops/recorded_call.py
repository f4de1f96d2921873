"""A torch function whose output shape depends on values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from nas.errors import GraphError
from nas.graph.op import FreeOp, OpFeatures, operation
from nas.graph.ops.call import Call, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from nas.graph.tensor_spec import Shape


@operation("recorded_call")
@dataclass(frozen=True, kw_only=True)
class RecordedCall(FreeOp):
    """A torch function whose output shape depends on values, such as selection by a mask.

    It is a :class:`~nas.graph.ops.call.Call` that keeps the shape of one recorded run.

    Attributes:
        expression: As in a call.
        shape: Shape of the result in the recorded run.
        dtypes: As in a call.
    """

    arity: ClassVar[int | None] = None
    expression: str
    shape: tuple[int, ...]
    dtypes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _ = self.call
        sizes = self.shape
        if type(sizes) is not tuple or not all(type(n) is int and n >= 0 for n in sizes):
            raise GraphError(
                f"recorded_call: shape must be a tuple of whole numbers, got {sizes!r}"
            )

    @cached_property
    def call(self) -> Call:
        """The call itself."""
        return Call(expression=self.expression, dtypes=self.dtypes)

    @property
    def function(self) -> str:
        """Dotted name of the function."""
        return self.call.function

    def infer_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return self.call.forward(params, *inputs)

    def module(self, *inputs: Shape) -> nn.Module:
        return Run(self.call, follows=False)

    def features(self) -> OpFeatures:
        return self.call.features()

"""An operation at inputs of known shapes."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.op import Op, ParamSpec
    from nas.graph.tensor_spec import Shape


class Applied:
    """An operation with the shapes of its inputs; derived values are computed on first access.

    Attributes:
        op: The operation.
        inputs: Shapes of its inputs.
        shape: Shape of the output.
        size: Number of the output's elements.
    """

    def __init__(self, op: Op, inputs: tuple[Shape, ...]) -> None:
        self.op = op
        self.inputs = inputs
        self.shape = op.infer_shape(*inputs)
        self.size = math.prod(self.shape)

    @cached_property
    def parameters(self) -> Mapping[str, ParamSpec]:
        """Shape and role of every parameter."""
        return self.op.parameters(*self.inputs)

    @cached_property
    def params(self) -> int:
        """Number of the parameters' elements."""
        return sum([math.prod(spec.shape) for spec in self.parameters.values()])

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one sample."""
        return self.op.macs(*self.inputs)


def applied(op: Op, inputs: tuple[Shape, ...]) -> Applied:
    """The operation at these inputs; cached, as networks repeat the same layers.

    Raises:
        ShapeError: The operation cannot take inputs of these shapes.
    """
    return Applied(op, inputs) if op.holds_module else _kept(op, inputs)


_kept = lru_cache(maxsize=8192)(Applied)

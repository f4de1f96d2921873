"""The contract of an operation: one description from which everything else follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, TypeVar, final

from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from nas.graph.tensor_spec import Shape


class Role(StrEnum):
    """What a parameter does, which decides how a hypernetwork decodes and scales it."""

    WEIGHT = "weight"
    BIAS = "bias"
    SCALE = "scale"
    SHIFT = "shift"
    CLASS_WEIGHT = "class_weight"
    CLASS_BIAS = "class_bias"
    TABLE = "table"
    """Looked up or added to a value: embeddings, positions, class tokens."""
    STACKED = "stacked"
    """Matrices that features are multiplied with from the left: (stacks, in, out)."""
    ATTENTION = "attention"
    """Vectors that features are compared with, one for each head: (1, heads, channels)."""


@dataclass(frozen=True)
class ParamSpec:
    """Shape and role of one parameter."""

    shape: Shape
    role: Role


@dataclass(frozen=True, kw_only=True)
class OpFeatures:
    """What a graph hypernetwork sees of an operation, beside its input and output shapes.

    Attributes:
        kind: Type name; operations that differ in ``kind`` get embeddings of their own.
        kernel: Window height and width, 0 where there is none.
        stride: Spatial stride.
        dilation: Spacing of the window's taps.
        groups: Number of groups the channels are split into.
        bias: Whether a bias is added.
        parts: Layers inside of it that are seen before it, in order.
    """

    kind: str
    kernel: tuple[int, int] = (0, 0)
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    parts: tuple[PartFeatures, ...] = field(default=(), repr=False)  # not to change hashes


@dataclass(frozen=True, kw_only=True)
class PartFeatures:
    """What a graph hypernetwork sees of a layer inside of an operation.

    Attributes:
        owner: Name of the layer in the operation, which its parameters' names begin with.
        features: As what it is seen.
        reads: Shape of what it reads, as far as its parameters show it.
        gives: Shape of what it gives, likewise.
    """

    owner: str
    features: OpFeatures
    reads: Shape
    gives: Shape


class Op(ABC):
    """A typed operation: attributes, shape rule, parameters, cost, and how to run it.

    Concrete operations are frozen dataclasses registered with :func:`operation`, written alike
    (``repr``) where they are equal. Shapes include the batch dimension (1 in a specification);
    rules must not depend on its size.
    """

    kind: ClassVar[str]
    arity: ClassVar[int | None] = 1
    """Number of inputs; ``None`` takes one or more, 0 is for learned and fixed tensors."""
    commutative: ClassVar[bool] = False
    """Whether the order of the inputs is irrelevant."""
    reads_sparse: ClassVar[bool] = False
    """Whether its module takes a sparse matrix for its first input, on a CPU."""
    holds_module: ClassVar[bool] = False
    """Whether a torch module is part of it, so that nothing else may keep it."""
    keeps_zero: bool = False
    """Whether the result is zero where all inputs are zero."""
    any_zero: ClassVar[bool] = False
    """Whether the result is zero where one input is zero."""
    is_pool: ClassVar[bool] = False
    """Whether it pools over places of an image."""
    slides: ClassVar[bool] = False
    """Whether it pools over a window, and not to a fixed size."""
    is_rectifier: bool = False
    """Whether it lets one side of zero through: ReLU and activations of its shape."""

    @abstractmethod
    def infer_shape(self, *inputs: Shape) -> Shape:
        """Shape of the output.

        Raises:
            ShapeError: The operation cannot take inputs of these shapes.
        """

    @abstractmethod
    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        """The parameters by name, as the torch module of this operation names them."""

    @abstractmethod
    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates for one sample: convolution and linear only, no bias, no norm."""

    @abstractmethod
    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        """Run in evaluation mode with outside parameters, differentiably."""

    @abstractmethod
    def module(self, *inputs: Shape) -> nn.Module | None:
        """A torch module with the same parameters, or None if ``forward`` alone says it all."""

    @abstractmethod
    def features(self) -> OpFeatures:
        """What a graph hypernetwork sees."""


class FreeOp(Op):
    """An operation without parameters and without multiply-accumulates."""

    @final
    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {}

    @final
    def macs(self, *inputs: Shape) -> int:
        return 0

    def module(self, *inputs: Shape) -> nn.Module | None:
        return None


OPS: Registry[type[Op]] = Registry("operation")

_OpClass = TypeVar("_OpClass", bound=type[Op])


def operation(kind: str) -> Callable[[_OpClass], _OpClass]:
    """Class decorator that registers an operation under the name it has in JSON."""

    def register(cls: _OpClass) -> _OpClass:
        OPS.register(kind)(cls)
        cls.kind = kind
        return cls

    return register

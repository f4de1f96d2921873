"""The contract of an operation: one description from which all else is derived."""

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
    """Function of a parameter; it decides how a hypernetwork decodes and scales it."""

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
    """Features of an operation for a graph hypernetwork, beside its input and output shapes.

    Attributes:
        kind: Type name; each ``kind`` has its own embedding.
        kernel: Window height and width, 0 where there is none.
        stride: Spatial stride.
        dilation: Spacing of the window's taps.
        groups: Number of groups the channels are split into.
        bias: Whether a bias is added.
        parts: Layers inside the operation, which the hypernetwork sees before it, in order.
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
    """Features of a layer inside an operation for a graph hypernetwork.

    Attributes:
        owner: Name of the layer in the operation; a prefix of its parameters' names.
        features: Features of the most similar operation.
        reads: Shape of its input, as far as its parameters determine it.
        gives: Shape of its output, likewise.
    """

    owner: str
    features: OpFeatures
    reads: Shape
    gives: Shape


class Op(ABC):
    """A typed operation: attributes, shape rule, parameters, cost, and how to run it.

    Concrete operations are frozen dataclasses registered with :func:`operation`; equal operations
    have equal ``repr``. Shapes include the batch dimension (1 in a specification); rules must not
    depend on its size.
    """

    kind: ClassVar[str]
    arity: ClassVar[int | None] = 1
    """Number of inputs; ``None`` takes one or more, 0 is for learned and fixed tensors."""
    commutative: ClassVar[bool] = False
    """Whether the order of the inputs is irrelevant."""
    reads_sparse: ClassVar[bool] = False
    """Whether its module accepts a sparse matrix as its first input, on a CPU."""
    holds_module: ClassVar[bool] = False
    """Whether it contains a torch module, so that no cache may keep it alive."""
    keeps_zero: bool = False
    """Whether the result is zero where all inputs are zero."""
    any_zero: ClassVar[bool] = False
    """Whether the result is zero where one input is zero."""
    is_pool: ClassVar[bool] = False
    """Whether it pools over positions of an image."""
    slides: ClassVar[bool] = False
    """Whether it pools over a window, and not to a fixed size."""
    is_rectifier: bool = False
    """Whether it passes one side of zero: ReLU and similar activations."""

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
        """A torch module with the same parameters, or None if ``forward`` alone suffices."""

    @abstractmethod
    def features(self) -> OpFeatures:
        """Features for a graph hypernetwork."""


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

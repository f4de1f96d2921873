"""A torch module as one operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import nn
from torch.func import functional_call

from nas.errors import GraphError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


_UNKNOWN = OpFeatures(kind="layer")


@operation("layer")
@dataclass(frozen=True, kw_only=True)
class Layer(Op):
    """A torch module as one operation, for modules that cannot be read as a graph.

    It cannot be written as JSON, and its shape rule holds only for the recorded shapes.

    Attributes:
        layer: The module, in evaluation mode.
        shape: Shape of the output for the shapes of the graph's inputs.
        opaque: Whether the module keeps its own parameters; they are then not part of the graph.
            Parameters that are not floating-point are never part of it.
        seen: Features for a hypernetwork.
    """

    arity: ClassVar[int | None] = None
    holds_module: ClassVar[bool] = True
    layer: nn.Module
    shape: tuple[int, ...]
    opaque: bool = True
    seen: OpFeatures = _UNKNOWN

    def __post_init__(self) -> None:
        if not isinstance(self.layer, nn.Module):
            raise GraphError(f"layer: layer must be a torch module, got {self.layer!r}")

    def infer_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        if self.opaque:
            return {}
        kinds = {part.owner: part.features.kind for part in self.seen.parts}
        return {
            name: ParamSpec(tuple(parameter.shape), _role(name, parameter.dim(), kinds))
            for name, parameter in self.layer.named_parameters()
            if parameter.is_floating_point()
        }

    def macs(self, *inputs: Shape) -> int:
        return 0

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        if self.opaque:
            own: Tensor = self.layer(*inputs)
            return own
        result: Tensor = functional_call(self.layer, dict(params), inputs)
        return result

    def module(self, *inputs: Shape) -> nn.Module:
        return self.layer

    def features(self) -> OpFeatures:
        return self.seen


def _role(name: str, dimensions: int, kinds: Mapping[str, str]) -> Role:
    owner, _, own = name.rpartition(".")
    kind = kinds.get(owner, "")
    if kind == "embedding":
        return Role.TABLE
    if kind.endswith(("norm", "norm2d")):
        return Role.SCALE if own == "weight" else Role.SHIFT
    if kind.startswith("conv") and dimensions > 1:
        return Role.WEIGHT
    if own.startswith("att") and dimensions > 1:
        return Role.ATTENTION
    if dimensions > 1 and own != "bias":
        return Role.WEIGHT if dimensions == 2 else Role.STACKED
    return Role.SCALE if own == "weight" else Role.BIAS

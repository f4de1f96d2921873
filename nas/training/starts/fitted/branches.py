"""Residual branches and layer scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.overrides import TorchFunctionMode

from nas.training.starts.card import LayerStart

if TYPE_CHECKING:
    from nas.training.starts.fitted.layer_output import LayerOutput

_ADDITIONS = frozenset(
    (torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__radd__, Tensor.__iadd__)
)
_SMALL = 0.5
"""Constant scales below this are meant to switch a branch off at first."""
NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


@torch.no_grad()
def switch_on(module: nn.Module) -> dict[str, LayerStart]:
    """Set to 1 all scales of norms that are 0, and all layer scales that are constant and small.

    Networks that start with branches of zeros (Goyal et al. 2017, §5.1) or nearly so (Touvron
    et al. 2021, CaiT, §2) would be fitted without these branches.

    Args:
        module: Changed in place.

    Returns:
        What was switched on, by name.
    """
    found = {}
    for name, part in module.named_modules():
        for own, parameter in part.named_parameters(recurse=False):
            if parameter.requires_grad and _is_off(part, own, parameter):
                parameter.fill_(1.0)
                found[name] = LayerStart(name, type(part).__name__, f"{own} = 1", fitted=True)
    return found


def _is_off(part: nn.Module, name: str, parameter: Tensor) -> bool:
    if not parameter.is_floating_point() or parameter.numel() == 0:
        return False
    value = float(parameter.flatten()[0])
    if not bool((parameter == value).all()):
        return False
    if isinstance(part, NORMS):
        return name == "weight" and value == 0
    if type(part).__module__.startswith("torch.nn."):  # such as the slopes of a PReLU
        return False
    one_axis = sum(size > 1 for size in parameter.shape) == 1
    return one_axis and name != "bias" and 0 < abs(value) < _SMALL


class BranchEnds(TorchFunctionMode):
    """While active, scales layers whose output is added to another tensor of the same shape.

    Such a layer ends a residual branch without a norm; many of them at full scale would drown the
    input. Dropout and identities in between do not matter.

    Args:
        scale: Factor of the output.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._scale = scale
        self._last: tuple[str, LayerOutput, Tensor] | None = None

    def note(self, name: str, made: LayerOutput, output: Tensor) -> None:
        """Note the output of the layer that ran last."""
        self._last = name, made, output

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in _ADDITIONS and len(args) == 2 and all(isinstance(a, Tensor) for a in args):
            self._scale_branch(*args)
        return func(*args, **(kwargs or {}))

    def _scale_branch(self, first: Tensor, second: Tensor) -> None:
        if self._last is None or first.shape != second.shape:
            return
        name, made, output = self._last
        for branch, other in ((first, second), (second, first)):
            if branch is output and other is not output and not isinstance(other, nn.Parameter):
                made.scale(self._scale)
                output.mul_(self._scale)
                self.found.add(name)
                self._last = None
                return

"""What makes the output of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """The parameters that make the output of a layer.

    Attributes:
        weight: (G, rows, d).
        bias: (G * rows,).
        axis: Of the channels in the output.
    """

    weight: Tensor
    bias: Tensor | None
    axis: int

    def scale(self, factor: float) -> None:
        """Scale both."""
        self.weight.mul_(factor)
        if self.bias is not None:
            self.bias.mul_(factor)

"""A network of any origin, in the form that training and evaluation take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas.modules.calling import as_given
from nas.modules.outputs import tensors_in
from nas.modules.surroundings import as_taken

if TYPE_CHECKING:
    from nas.modules.calling import Arguments


class Classifier(nn.Module):
    """A network of any origin as a function from samples of a data set to class scores.

    Images are brought to the resolution and the memory layout that the network takes. If it
    returns several tensors, such as those of auxiliary heads, only the first one counts.

    Args:
        network: Takes images (B, C, resolution, resolution), or features and edges of a graph.
        resolution: Images of another resolution are resized; None resizes none.
        arguments: Turns these inputs into the arguments of the network; see
            :func:`nas.modules.calling.graph_call`.

    Shape:
        (B, C, H, W) -> (B, classes), or (N, F), (2, E) -> (N, classes).
    """

    def __init__(
        self,
        network: nn.Module,
        resolution: int | None = None,
        *,
        arguments: Arguments = as_given,
    ) -> None:
        super().__init__()
        self.network = network
        self.resolution = resolution
        self.arguments = arguments

    def forward(self, x: Tensor, *edges: Tensor) -> Tensor:
        if self.resolution not in (None, x.shape[-1]):
            x = F.interpolate(x, self.resolution, mode="bilinear", antialias=True)
        # a copy: with one channel, an image in channels-last layout passes for contiguous
        x = as_taken(self.network, x).clone(memory_format=torch.contiguous_format)
        return first_tensor(self.network(*self.arguments(x, *edges)))


def first_tensor(output: Any) -> Tensor:
    """The first of the tensors that a network returns."""
    return tensors_in(output)[0]

"""NASWOT: diversity of a network's activation patterns over different images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.compile.apply import apply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.node import Node


class ActivationKernel:
    """Kernel of activation patterns, accumulated while a network runs.

    An observer for :func:`nas.compile.apply` and :func:`nas.compile.calibrate`. With ``b`` (B, U)
    indicating which of the U inputs of a rectifier are positive, the kernel is the sum over
    rectifiers of b bᵀ + (1 - b)(1 - b)ᵀ: the number of units with equal activation on two images.

    Args:
        images: Images of the batch that are compared.
    """

    def __init__(self, images: slice | Tensor = slice(None)) -> None:
        self._images = images
        self._kernel: Tensor | None = None

    def __call__(self, node: Node, inputs: Sequence[Tensor]) -> None:
        """Observe the inputs (B, ...) of a node."""
        if not node.op.is_rectifier:
            return
        positive = (inputs[0].detach()[self._images] > 0).flatten(1)  # (B, U)
        signs = 2 * positive.float() - 1
        with torch.autocast(signs.device.type, enabled=False):  # bf16 cannot count to 257
            product = signs @ signs.T  # units that agree minus units that do not
        alike = (product.double() + signs.shape[1]) / 2  # (B, B)
        self._kernel = alike if self._kernel is None else self._kernel + alike

    def logdet(self) -> float:
        """Log-determinant of kernel + identity, at least 0.

        The identity keeps it finite where two images have the same pattern, as in a network with
        constant output. Without rectifiers it is 0.
        """
        if self._kernel is None:
            return 0.0
        kernel = self._kernel.cpu()
        return float(torch.linalg.slogdet(kernel + torch.eye(len(kernel))).logabsdet)


@torch.no_grad()
def naswot(graph: Graph, params: Mapping[str, Tensor], images: Tensor) -> float:
    """Log-determinant of the kernel of activation patterns; higher indicates more accuracy.

    Mellor et al. 2021, Neural Architecture Search without Training, with the identity added to
    the kernel; see :class:`ActivationKernel`. Values are comparable between networks for the same
    number of images; 64 are enough.

    Args:
        graph: An architecture.
        params: A tensor for every entry of ``graph.parameters()``, random or predicted, and
            running statistics of batch norms; without these, the statistics of the images apply.
        images: A mini-batch (B, C, H, W).
    """
    kernel = ActivationKernel()
    apply(graph, params, images, observe=kernel)
    return kernel.logdet()

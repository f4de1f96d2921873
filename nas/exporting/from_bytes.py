"""A network that normalises its images itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from nas.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.exporting.exportable import Exportable


class FromBytes(nn.Module):
    """A network that takes images in bytes and normalises them: (B, C, H, W), uint8.

    Args:
        network: Takes normalised images.
        mean: Mean of each channel of the training images, in bytes.
        std: Standard deviation of each channel.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean)[:, None, None])
        self.register_buffer("std", torch.tensor(std)[:, None, None])

    def forward(self, images: Tensor) -> Any:
        return self.network((images.to(self.mean.dtype) - self.mean) / self.std)


def from_bytes(network: Exportable) -> Exportable:
    """The network with the normalisation of its images.

    Raises:
        ExportError: It is not known, or samples are no images.
    """
    about = network.about
    if about is None or about.mean is None or about.std is None:
        raise ExportError(
            "the preprocessing is not known: the network does not say how images are normalised",
            hint="Name its data set with --dataset, or leave out --with-preprocessing.",
        )
    module = FromBytes(network.traced(), about.mean, about.std).eval()
    return replace(network, module=module, names=None, takes_bytes=True)

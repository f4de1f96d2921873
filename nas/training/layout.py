"""Test whether a module runs on images in the memory layout that is fastest for convolutions."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import torch

from nas.modules.classifier import first_tensor
from nas.training.device import channels_last
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from torch import nn

    from nas.data.dataset import Dataset


def takes_channels_last(module: nn.Module, data: Dataset) -> bool:
    """Whether a training step on two images runs in channels-last layout.

    A module that views feature maps as vectors (``x.view(len(x), -1)``) does not, nor does one
    that recomputes a convolution of :mod:`nas.training.safe_convolution` in the backward pass. The
    step runs on a copy.

    Args:
        module: Any module, on the device of the data.
        data: The data set of the module.
    """
    images = data.train.spread(2).whole().inputs
    if all(x.dim() != 4 for x in images):
        return False
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        try:
            copy = deepcopy(module).train()
            copy = copy.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            with safe_convolutions(images[0].device):
                first_tensor(copy(*channels_last(images))).sum().backward()
        except Exception:  # the module may be user code
            return False
    return True

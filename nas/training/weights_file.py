"""Weights of a network in a file that also says how its inputs are normalised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from nas.data.description import Description
from nas.files import write_tensors
from nas.modules.surroundings import unwrapped

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from nas.data.dataset import Dataset


def save_weights(
    module: nn.Module, file: Path, data: Dataset, *, resolution: int | None = None
) -> None:
    """Write a module's state as safetensors, with the inputs and outputs described in its head.

    Args:
        module: Its ``load_state_dict`` takes the tensors; a compiled or data-parallel module is
            written under the names of the inner one.
        file: The file.
        data: The data set the network is for.
        resolution: Side of the images the network takes, if it is not that of the data.
    """
    state = unwrapped(module).state_dict()
    tensors = {name: part for name, part in state.items() if isinstance(part, Tensor)}
    write_tensors(file, tensors, Description.of(data, resolution).metadata())

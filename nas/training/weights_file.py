"""Weights of a network in a file that also says how its inputs are normalised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.data.description import Description
from nas.errors import CheckpointError
from nas.files import read_tensors, write_tensors
from nas.modules.loading import load_state
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


def load_weights(module: nn.Module, file: Path) -> dict[str, str]:
    """Load a file of weights into a module, and return the texts in its head.

    Args:
        module: Loads the tensors, under the names of its own state.
        file: Safetensors, or a state that ``torch.save`` wrote, perhaps within a checkpoint under
            ``state_dict`` or ``model``. Only tensors are read, no code is run.

    Raises:
        CheckpointError: The file cannot be read, or is of another network.
    """
    state, head = _read_state(file)
    load_state(unwrapped(module), state, file)
    return head


def _read_state(file: Path) -> tuple[Mapping[str, Tensor], dict[str, str]]:
    def refused(why: str) -> CheckpointError:
        return CheckpointError(f"cannot read the weights {str(file)!r}: {why}")

    if file.suffix == ".safetensors":
        return read_tensors(file, refused)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise refused(error.strerror or str(error)) from None
    except Exception as error:  # torch and pickle raise errors of many kinds
        raise refused(str(error).partition("\n")[0]) from None
    for name in ("state_dict", "model"):
        state = state[name] if isinstance(state, Mapping) and name in state else state
    if not (isinstance(state, Mapping) and all(isinstance(x, Tensor) for x in state.values())):
        raise refused("it holds no state of tensors by name")
    return state, {}

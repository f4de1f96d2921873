"""Weights of a network in a file that also says how its inputs are normalised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from torch import Tensor

from nas.data.split import Split
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
    write_tensors(file, tensors, description(data, resolution))


def description(data: Dataset, resolution: int | None = None) -> dict[str, str]:
    """Normalisation of the inputs and meaning of the outputs, each value as JSON.

    ``mean`` and ``std`` are those of each channel of images in bytes (0 to 255): a network takes
    ``(bytes - mean) / std``. ``class_names`` are in the order of the outputs; of a regression
    there are ``target_names``, and outputs times ``target_std`` plus ``target_mean`` are in the
    units of the targets. Features of nodes are taken as they are.

    Example:
        >>> from nas.data import load
        >>> {name: json.loads(text) for name, text in description(load("digits")).items()}.keys()
        dict_keys(['dataset', 'resolution', 'mean', 'std', 'class_names'])
    """
    facts: dict[str, object] = {"dataset": data.name}
    if isinstance(data.train, Split):
        facts["resolution"] = resolution or data.task.resolution
        facts["mean"], facts["std"] = data.train.mean.tolist(), data.train.std.tolist()
    if data.class_names:
        facts["class_names"] = list(data.class_names)
    if data.targets is not None:
        facts["target_names"] = list(data.targets.names)
        facts["target_mean"], facts["target_std"] = data.targets.mean, data.targets.std
    return {name: json.dumps(value) for name, value in facts.items()}

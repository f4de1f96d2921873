"""The teacher of a training, given in any form."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from nas.data.description import Description
from nas.errors import ConfigError, described
from nas.exporting.exportable import read_exportable
from nas.exporting.files import Files
from nas.exporting.graph_file import find_graph_file, read_graph_file
from nas.modules.calling import as_given, graph_call
from nas.modules.classifier import Classifier
from nas.training.methods.distillation import Teacher
from nas.training.weights_file import load_weights

if TYPE_CHECKING:
    from collections.abc import Collection

    import torch

    from nas.data.dataset import Dataset


def check_teaching(teacher: object, weights: str | Path | None, settings: Collection[str]) -> None:
    """Raise unless there is a teacher wherever something is said of one.

    Args:
        teacher: The teacher, or None.
        weights: A file of its weights, or None.
        settings: Names of the settings of the training that are given.

    Raises:
        ConfigError: There is none.
    """
    given = [name for name in ("temperature", "teacher_share") if name in settings]
    if weights is not None:
        given.insert(0, "teacher_weights")
    if teacher is None and given:
        raise ConfigError(
            f"there is no teacher for {' and '.join(given)}",
            hint="Name it with teacher (--teacher), or leave out what is said of it.",
        )


def found_teacher(
    teacher: nn.Module | Teacher | str | Path,
    data: Dataset,
    *,
    weights: str | Path | None = None,
    device: torch.device | str = "cpu",
) -> Teacher:
    """A trained network as the teacher of another one.

    Args:
        teacher: The folder of a finished search or training, or a module; a teacher is returned.
        data: The data set, as the student takes it.
        weights: A file of weights; by default those in the folder, or those that the module has.
        device: Where the student is trained.

    Raises:
        ConfigError: It is neither, has other classes, or does not run on the samples.
        GraphError: The folder holds no architecture.
        CheckpointError: The weights cannot be read, or are of another network.
    """
    if isinstance(teacher, Teacher):
        return teacher
    if isinstance(teacher, nn.Module):
        module = copy.deepcopy(teacher)
        if weights is not None:
            load_weights(module, Path(weights))
    elif isinstance(teacher, str | Path):
        module = _of_folder(Path(teacher), data, weights)
    else:
        raise ConfigError(
            f"expected the teacher as a module or as the folder of a finished search or training, "
            f"got {described(teacher)}"
        )
    call = as_given
    if data.task.traits.on_graph:
        call = graph_call(module, *data.train.whole().inputs)
    return Teacher.of(Classifier(module, arguments=call).to(device), data.to(device))


def _of_folder(path: Path, data: Dataset, weights: str | Path | None) -> nn.Module:
    graph, beside = read_graph_file(path), Files(find_graph_file(path).parent).weights
    found = read_exportable(graph, beside if weights is None else Path(weights))
    own = Description.of(data).class_names
    if found.about is not None and found.about.class_names != own:
        raise ConfigError(
            f"the teacher in {str(path)!r} was trained on the classes of "
            f"{found.about.dataset!r}, which are not those of {data.name!r}",
            hint="Name a network that was trained on this data set.",
        )
    return found.module

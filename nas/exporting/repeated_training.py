"""A network trained from several seeds; the best is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.data.fitted import fitted
from nas.events import Listener, ignore, stage
from nas.exporting.final_training import Repeat, read_result, train_and_save, write_result
from nas.exporting.save import load_module, save
from nas.training.config import default_training
from nas.training.identity import training_identity
from nas.training.train import check_methods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.exporting.epoch_log import OpenLog
    from nas.exporting.final_training import FinalTraining
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher
    from nas.training.starts.initial import InitialWeights

FOLDER = "repeats"


def train_repeatedly(
    graph: Graph,
    data: Dataset,
    directory: Path,
    config: TrainConfig | None = None,
    *,
    repeats: int,
    params: Mapping[str, Tensor] | InitialWeights | None = None,
    own: Callable[[int], OwnModule | None] = lambda seed: None,
    teacher: Teacher | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    log: OpenLog | None = None,
) -> FinalTraining:
    """Train, test and export a network from several seeds, each in a folder of its own.

    The files of the training with the best accuracy on the ranking split are written to the
    directory itself. The same call resumes where it was interrupted; with more repeats it adds
    seeds.

    Args:
        graph: The network.
        data: At any resolution; used at the network's.
        directory: The best network is written here, each training to ``repeats/seed-N``.
        config: Epochs, rates; the task's default if None.
        repeats: Number of seeds, counted from ``seed``.
        params: Weights to start from, also as made from each seed; torch's defaults drawn from it
            if None.
        own: The user's module of this network from a seed.
        teacher: A network whose outputs it also learns.
        seed: The first seed.
        device: Device of the trainings.
        listen: Receives the events of every epoch.
        log: Opens the log of each training in its folder.

    Returns:
        Figures of the best training, with those of all of them as repeats.

    Raises:
        NasError: As :func:`nas.exporting.final_training.train_and_save`.
    """
    data = fitted(data, graph).to(device)
    config = config or default_training(data.task)
    first = own(seed)
    known = {
        **training_identity(
            graph, data, config, params=params, own=first, teacher=teacher, seed=seed
        ),
        "repeats": "several",
    }
    result = read_result(directory, known)
    if result is not None and len(result.repeats) == repeats:
        return result
    check_methods(graph, data, config, own=first, teacher=teacher)
    write_result(directory, known, None)
    found: dict[int, FinalTraining] = {}
    with stage(listen, "repeats", repeats, steps="trainings") as progress:
        for place in range(seed, seed + repeats):
            found[place] = train_and_save(
                graph,
                data,
                _folder(directory, place),
                config,
                params=params,
                own=own(place),
                teacher=teacher,
                seed=place,
                device=device,
                listen=listen,
                log=log,
            )
            progress.advance(len(found), val_accuracy=found[place].val_accuracy)
    best = max(found, key=lambda place: found[place].val_accuracy)
    result = replace(
        found[best],
        repeats=tuple(
            Repeat(place, one.val_accuracy, one.test_accuracy, one.seconds)
            for place, one in found.items()
        ),
    )
    module = own(best)
    trained = load_module(graph, _folder(directory, best), own=module)
    save(graph, trained, directory, own=module, data=data, figures=result.card())
    write_result(directory, known, result)
    return result


def _folder(directory: Path, seed: int) -> Path:
    return directory / FOLDER / f"seed-{seed}"

"""Whether a search first trains a hypernetwork in its space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypernets.suited import is_shipped_for, usual_proxy
from hypernets.training.train import seconds_per_step
from nas.errors import counted
from nas.evaluate.untrained import UntrainedWeights
from nas.events import Noted, ignore
from nas.study.finalists.trainer import Trainer
from nas.study.forecast import duration, training_seconds

if TYPE_CHECKING:
    import torch

    from hypernets.training.config import HypernetTraining
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace
    from nas.study.search_config import SearchConfig

REPAID = 5.0
"""A hypernetwork repays itself where the trainings of a search take this many times as long.

Ranked by weights learnt in its space, a search needs a fifth fewer trainings in the mean over
two families of spaces, and hardly fewer in one of them; see ``benchmarks/rank_fidelity``,
*Trainings saved*.
"""

FEWEST_IMAGES = 1000
"""On fewer training images brief trainings rank better than a hypernetwork in the same time."""

_SHORT = 600.0
"""Seconds of trainings for which the pace of a hypernetwork's training is not even measured."""


def training_pays(
    space: SearchSpace,
    data: Dataset,
    config: SearchConfig,
    training: HypernetTraining,
    *,
    device: torch.device,
    workers: int = 1,
    listen: Listener = ignore,
) -> bool:
    """Whether to train a hypernetwork in the space of a search before it begins.

    It is trained where none is shipped for the space and the trainings of the search take at least
    :data:`REPAID` times as long; never on a graph, where no gain was measured, and never on fewer
    than :data:`FEWEST_IMAGES` images. Both times are measured, and a note says them, or why
    they could not be measured.

    Args:
        space: Full-size space.
        data: Data set at full resolution.
        config: Settings of the search.
        training: Steps, batches, rates of the hypernetwork.
        device: Where both are trained.
        workers: Processes that train architectures side by side.
        listen: Receives the note.
    """
    if data.task.traits.on_graph or len(data.train) < FEWEST_IMAGES or is_shipped_for(space, data):
        return False
    suited = config.suited(data)
    trainer = Trainer(
        UntrainedWeights(data.task),
        data.to(device).at(space.task.resolution),
        suited.training(data),
        device,
        config.seed,
    )
    try:
        trainings = sum(training_seconds(space, trainer, suited).values())
        if config.train_seconds is None:  # seconds on the clock with any number of workers
            trainings /= workers
        if trainings < _SHORT:
            return False
        hypernet = training_time(space, data, training, device)
    except Exception as error:  # of a space that is user code, or an unknown operation
        reason = str(error).rstrip(".") or type(error).__name__
        listen(
            Noted(
                text=f"No hypernetwork is trained in space {space.name!r}: how long it takes "
                f"could not be measured: {reason}."
            )
        )
        return False
    pays = trainings >= REPAID * hypernet
    times = (
        f"{counted(training.steps, 'step')}, about {duration(hypernet)} on this machine, and the "
        f"trainings of the search about {duration(trainings)}"
    )
    listen(
        Noted(
            text=f"A hypernetwork is trained in space {space.name!r} first, to save trainings: "
            f"{times}. --weights none does without."
            if pays
            else f"No hypernetwork is trained in space {space.name!r}: it takes {times}; it "
            f"repays itself where they take {REPAID:g} times as long. --weights train trains one."
        )
    )
    return pays


def training_time(
    space: SearchSpace, data: Dataset, training: HypernetTraining, device: torch.device
) -> float:
    """Seconds that a hypernetwork of a space takes to train, at the usual proxy."""
    pace = seconds_per_step(
        space, data, proxy=usual_proxy(space), training=training, device=device
    )
    return training.steps * pace

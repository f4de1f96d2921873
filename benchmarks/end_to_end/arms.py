"""The ways from a task to a trained network that are compared."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import optuna
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nas
from nas.analysis.cost import cost
from nas.evaluate.untrained import UntrainedWeights
from nas.events import ignore
from nas.seeding import rng
from nas.space.candidate import sample
from nas.study.finalists.contender import Contender
from nas.study.finalists.rungs import RIVALS, affordable, plan
from nas.study.finalists.successive_halving import SuccessiveHalving
from nas.study.finalists.trainer import Trainer
from nas.study.finalists.trainings import Trainings
from nas.study.record.study_record import StudyRecord
from nas.study.search_config import SearchConfig
from nas.training.starts.default import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.end_to_end.tasks import UserTask
    from nas.data.dataset import Dataset
    from nas.data.samples import Samples
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_LARGEST_OF = 200
_TIMED = 5
"""Random architectures whose pace is measured."""


@dataclass(frozen=True)
class Reached:
    """The network of one arm.

    Attributes:
        test: Its accuracy on the test split.
        val: On the ranking split.
        seconds: Time of the arm, evaluation on the test split left out.
        name: Which network it is.
    """

    test: float
    val: float
    seconds: float
    name: str


def engine(task: UserTask, data: Dataset, space: SearchSpace, seed: int) -> Reached:
    """A search with the defaults of ``nas search``."""
    began = time.process_time()
    result = nas.search(space, data, seed=seed, device="cpu", **task.options)
    seconds = time.process_time() - began
    best = result.best
    rivals = {rival.found.name: rival.name for rival in result.rivals}
    assert best.test_accuracy is not None
    assert best.val_accuracy is not None
    return Reached(
        best.test_accuracy, best.val_accuracy, seconds, rivals.get(best.name, best.name)
    )


def random_search(
    task: UserTask, data: Dataset, space: SearchSpace, seed: int, seconds: float
) -> Reached:
    """Random architectures by successive halving, as many as the time of a search allows.

    The lengths of the rungs are those of the search; how many enter follows from the pace of the
    first few.
    """
    config = SearchConfig(seed=seed, **task.options).suited(data)
    lengths = config.finalist_epochs or 1, config.max_epochs or 1, config.reduction
    began, draws = time.process_time(), rng(seed, "random search")
    trainer = _trainer(data, config, seed)
    drawn = [sample(space, draws) for _ in range(_TIMED)]
    pace = fmean(map(trainer.seconds_per_epoch, drawn))
    count = RIVALS + affordable(max(seconds / pace, lengths[1]), *lengths)
    *brief, final = plan(count, *lengths)
    drawn += [sample(space, draws) for _ in range(brief[0].size - len(drawn))]
    trainings = Trainings(trainer, StudyRecord(optuna.create_study()), None)
    halving = SuccessiveHalving(trainings, config.objectives, DEFAULT, ignore)
    waiting = iter([_contender(one, number) for number, one in enumerate(drawn)])
    halved = halving.run(lambda _: next(waiting, None), brief)
    best = trainings.final(halved.standing[0].contender, final.epochs, DEFAULT, ignore)
    taken = time.process_time() - began
    return Reached(best.test_accuracy, best.val_accuracy, taken, best.contender.name)


def random_network(task: UserTask, data: Dataset, space: SearchSpace, seed: int) -> Reached:
    """One random architecture, trained to the end."""
    return _trained(task, data, sample(space, rng(seed, "random network")), seed, "random")


def largest(task: UserTask, data: Dataset, space: SearchSpace, seed: int) -> Reached:
    """The largest of 200 random architectures by multiply-accumulates, trained to the end."""
    draws = rng(seed, "largest")
    drawn = [sample(space, draws) for _ in range(_LARGEST_OF)]
    found = max(drawn, key=lambda one: cost(one.network).macs)
    return _trained(task, data, found, seed, "largest")


def design(task: UserTask, data: Dataset, space: SearchSpace, seed: int) -> Reached:
    """The known design chosen beforehand, trained to the end."""
    return _trained(task, data, task.design(space), seed, task.rival)


def floor(data: Dataset) -> dict[str, float]:
    """Test accuracies of classifiers that know nothing of images or edges."""
    x, y = _flat(data.train)
    tested, truth = _flat(data.test)
    models = {
        "3 nearest neighbours": KNeighborsClassifier(3),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    }
    return {name: float(model.fit(x, y).score(tested, truth)) for name, model in models.items()}


def _trained(task: UserTask, data: Dataset, candidate: Candidate, seed: int, name: str) -> Reached:
    config = SearchConfig(seed=seed, **task.options).suited(data)
    began = time.process_time()
    trainer = _trainer(data, config, seed)
    trained = trainer.train(
        candidate, config.max_epochs or 1, DEFAULT, checkpoint=None, listen=ignore
    )
    seconds = time.process_time() - began
    return Reached(trainer.test_accuracy(trained.module), trained.val_accuracy, seconds, name)


def _trainer(data: Dataset, config: SearchConfig, seed: int) -> Trainer:
    predictor, training = UntrainedWeights(data.task), config.training(data)
    return Trainer(predictor, data, training, torch.device("cpu"), seed)


def _contender(one: Candidate, number: int) -> Contender:
    return Contender(
        name=f"random {number}",
        hash=f"{number}x{one.hash}",
        figures={"params": 0, "macs": cost(one.network).macs},
        build=lambda: one,
        number=number,
    )


def _flat(samples: Samples) -> tuple[object, object]:
    """Features (n, F) and classes (n,) of labelled samples."""
    batch = samples.whole()
    known = batch.labels >= 0
    return batch.inputs[0][known].flatten(1).numpy(), batch.labels[known].numpy()


ARMS: Mapping[str, Callable[[UserTask, Dataset, SearchSpace, int], Reached]] = {
    "largest of 200": largest,
    "known design": design,
    "one random network": random_network,
}
"""The arms that cost less than a search."""

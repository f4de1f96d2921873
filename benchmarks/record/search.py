"""A search without scoring and training; see :mod:`benchmarks.record.run`."""

from __future__ import annotations

import resource
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from statistics import fmean
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState, create_trial

from benchmarks.lookup.trainer import LookupTrainer
from nas.analysis.figure import graph_figures
from nas.data.digits import load
from nas.evaluate.scorer import Estimate
from nas.events import Advanced, StageStarted
from nas.predictor.card import Card
from nas.space.candidate import candidate
from nas.study.record.opening import open_record
from nas.study.record.optuna_internals import storage_of
from nas.study.record.run_folder import RunFolder
from nas.study.record.storage import grouped, open_storage, quiet_optuna
from nas.study.record.study_record import SEARCH
from nas.study.record.trial_reading import figure_of, hash_of
from nas.study.search_config import SearchConfig
from nas.study.search_run import SearchRun
from search_spaces.stages.resnet import ResNet, within_budget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial
    from torch import Tensor

    from nas.evaluate.scorer import Failure
    from nas.events import Event
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.record.study_record import StudyRecord

_ALONE: Mapping[str, Any] = {"finalists": 0, "max_epochs": 0}
ARMS: dict[str, Mapping[str, Any]] = {
    "random": {"sampler": "random", **_ALONE},
    "evolution": {"sampler": "evolution", **_ALONE},
    "nsga2": {"sampler": "nsga2", "objectives": ("score:max", "params:min"), **_ALONE},
    "tpe": {"sampler": "tpe", **_ALONE},
    "default": {"max_epochs": 0},  # finalists are chosen and trained, all but the last training
}
"""Settings by which the searches differ from the defaults."""

STEP = 500
"""Candidates after which the time and memory are noted."""

BUILT = 300
"""Last trials whose networks are built again."""


class StubPredictor:
    """Stands for a hypernetwork of the space, which nothing asks for weights."""

    def __init__(self, space: SearchSpace) -> None:
        self.card = Card(name="stub", space=space.name, channels=1, classes=10)

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """Unused."""
        raise NotImplementedError

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Unused."""
        raise NotImplementedError


@dataclass
class StubScorer:
    """Scores at once, by the mean worth of an architecture's choices, whatever its size.

    Attributes:
        seconds: Processor time spent here, which is no overhead.
    """

    seconds: float = 0.0

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        """Estimates of the candidates."""
        for one in candidates:
            began = time.process_time()
            found = _estimate(one.params)
            self.seconds += time.process_time() - began
            yield found

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space itself."""
        return space


def _estimate(params: Mapping[str, Any]) -> Estimate:
    worth = fmean(_worth(f"{name}={value}") for name, value in params.items())
    text = str(sorted(params.items()))
    figures = {name: _draw(name + text) for name in ("brier", "readout", "naswot")}
    return Estimate(accuracy=worth, loss=1 - worth, score=worth, **figures)


@cache
def _worth(choice: str) -> float:
    return _draw(choice)


def _draw(text: str) -> float:
    """A number in [0, 1) that follows from a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48


@dataclass
class Meter:
    """Notes what was spent when scoring starts, and whenever :data:`STEP` candidates are scored.

    Attributes:
        scorer: Its time is subtracted.
        points: What was spent: candidates, trials, seconds of processor time, and MB of memory
            over the start.
    """

    scorer: StubScorer
    points: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = time.process_time()
        self._memory = peak()

    def __call__(self, event: Event) -> None:
        """Take an event of the search."""
        if isinstance(event, StageStarted) and event.stage == SEARCH:
            self._note(0, 0)
        if isinstance(event, Advanced) and event.stage == SEARCH:
            due = self.points[-1]["candidates"] // STEP < event.done // STEP
            if due or event.done == event.total or len(self.points) == 1:
                others = ("duplicates", "failed", "infeasible")
                trials = event.done + sum(event.metrics.get(name, 0) for name in others)
                self._note(event.done, trials)

    def _note(self, candidates: int, trials: float) -> None:
        self.points.append({"candidates": candidates, "trials": trials, **self.spent()})

    def spent(self) -> dict[str, float]:
        """Seconds and MB since the start."""
        seconds = time.process_time() - self._began - self.scorer.seconds
        return {"seconds": round(seconds, 3), "memory": round(peak() - self._memory, 1)}


def peak() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def measured(arm: str, trials: int, out: Path, source: Path | None = None, copied: int = 0) -> Any:
    """Run one search in a folder, and return what it has spent.

    Args:
        arm: Name of the arm.
        trials: Number of candidates.
        out: The run folder.
        source: A run of random search; only its trials are copied, and nothing else is done.
        copied: Number of these trials.
    """
    data = load()
    space = ResNet(task=data.task)
    config = SearchConfig(n_trials=trials, out=out, **ARMS[arm]).suited(data)
    folder, predictor, scorer = RunFolder(out), StubPredictor(space), StubScorer()
    meter = Meter(scorer)
    with quiet_optuna(), folder.in_use() as check, ExitStack() as locks:
        record = open_record(space, data, predictor, config, folder, check, locks)
        if source is not None:
            return _copy(source, record, copied, config)
        opened = meter.spent()
        trainer = LookupTrainer(data, lambda text: _estimate(space.decode(text)).accuracy)
        run = SearchRun(space, scorer, trainer, config, record, folder, meter, baselines={})
        run.run()
    end = meter.spent()
    return {
        "opened": opened,
        "points": meter.points,
        "end": end,
        "trials": record.counts().total,
        "building": _building(space, record.trials()[-BUILT:]),
    }


def _copy(source: Path, record: StudyRecord, count: int, config: SearchConfig) -> None:
    """Fill the record of another search with trials of a random one."""
    storage = open_storage(RunFolder(source).journal)
    (study,) = storage.get_all_studies()
    with grouped(storage_of(record.study)):
        for trial in storage.get_all_trials(study._study_id, deepcopy=False)[:count]:
            copy = create_trial(
                state=TrialState.COMPLETE,
                values=[figure_of(trial, objective.name) for objective in config.objectives],
                params=trial.params,
                distributions=trial.distributions,
                user_attrs=trial.user_attrs,
            )
            record.study.add_trial(copy)


def _building(space: SearchSpace, trials: Sequence[FrozenTrial]) -> float:
    """Milliseconds to build a network from given choices, and to find its hash and its costs."""
    within_budget.cache_clear()
    began = time.process_time()
    for trial in trials:
        found = candidate(space, trial.params)
        graph_figures(found.network)
        assert found.hash == hash_of(trial)
    return 1000 * (time.process_time() - began) / len(trials)

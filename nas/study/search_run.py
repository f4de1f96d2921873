"""The stages of a search, in order."""

from __future__ import annotations

import math
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, replace
from functools import cached_property, partial
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Protocol

from torch import nn

from nas.allocator import return_freed_memory
from nas.analysis.cost import cost
from nas.errors import ConfigError, NasError, counted
from nas.evaluate.measured_elsewhere import measured_elsewhere
from nas.evaluate.scorer import Scorer
from nas.events import Noted, ignore, stage
from nas.execution.crew import crew
from nas.exporting.files import Files
from nas.files import write_json
from nas.seeding import derive
from nas.space.candidate import candidate
from nas.study.exploration import Exploration, ignore_record
from nas.study.finalists.effort import Scored, efforts
from nas.study.finalists.elsewhere import TrainerElsewhere, search_material
from nas.study.finalists.splits import splits_of
from nas.study.finalists.standings import Standings
from nas.study.finalists.start_policy import start_policy
from nas.study.finalists.trainer import Trainer
from nas.study.finalists.trainings import FullyTrained, Trainings
from nas.study.finished import Finished
from nas.study.forecast import timed
from nas.study.goals.constraints import is_feasible
from nas.study.record.opening import open_record
from nas.study.record.optuna_internals import storage_of
from nas.study.record.run_folder import RunFolder
from nas.study.record.storage import in_reach, journal_of, quiet_optuna
from nas.study.record.study_record import SEARCH, unchecked
from nas.study.record.trial_reading import identity_of, is_scored
from nas.study.record.trials_table import TrialsTable
from nas.study.result import ProbesResult, SearchResult
from nas.study.result_table import ResultTable
from nas.study.samplers.registry import make_sampler
from nas.study.selection.pareto import ranked_fronts
from nas.study.training_stage import TrainingStage
from nas.study.verdict import verdict
from nas.training.device import resolve_device
from nas.training.starts.start import AUTO, STARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from optuna.samplers import BaseSampler

    from nas.data.dataset import Dataset
    from nas.evaluate.scorer import Estimate, Failure
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.contender import Contender
    from nas.study.finalists.effort import Effort
    from nas.study.finalists.trainer import CandidateTrainer
    from nas.study.finalists.trainings import Finalist
    from nas.study.record.study_record import StudyRecord
    from nas.study.search_config import SearchConfig
    from nas.study.training_stage import Trained

_PROXIES = 50
"""Number of trials whose proxies measure the cost of scoring."""


_CUT = (
    "The journal {!r} ended in {} that were not written whole, and were cut off; the search goes "
    "on from what stands before them."
)


class CandidateScorer(Protocol):
    """Scores candidates of a space; a benchmark may look the scores up instead."""

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        """An estimate or the reason of the failure for each candidate, in order."""

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space at the size at which candidates are scored."""


def run_search(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    config: SearchConfig,
    listen: Listener = ignore,
    *,
    baselines: Mapping[str, Candidate] | None = None,
    executor: Executor | None = None,
) -> SearchResult:
    """Run the search that a configuration asks for; see :func:`nas.search`."""
    _check_task(space, data)
    if config.init != AUTO and "hypernetwork" in STARTS.get(config.init).needs:
        predictor.card.check_trained()
    config = config.suited(data)
    folder = None if config.out is None else RunFolder(config.out)
    in_use = nullcontext(unchecked) if folder is None else folder.in_use()
    with quiet_optuna(), in_use as check, in_reach(config.storage), ExitStack() as locks:
        locks.callback(return_freed_memory)
        device = resolve_device(config.device)
        workers = None
        if executor is not None:
            material = search_material(space, data, predictor, config, device)
            place = None if folder is None else folder.material
            workers = locks.enter_context(
                crew(executor, material, "the data or hypernetwork", place, listen)
            )
        if isinstance(predictor, nn.Module):
            predictor.to(device)
        data = data.to(device)

        score = Scorer(
            predictor,
            data,
            config.scoring,
            device=device,
            is_feasible=partial(is_feasible, config.constraints),
            listen=listen,
            measure=None if workers is None else partial(measured_elsewhere, workers),
        )
        score.proxy(space)
        record = open_record(space, data, predictor, config, folder, check, locks)
        journal = journal_of(storage_of(record.study))
        if journal is not None and journal.cut_off:
            listen(Noted(text=_CUT.format(journal.path, counted(journal.cut_off, "byte"))))
        config = replace(config, splits=splits_of(config.splits, data, record))
        full = data.at(space.task.resolution)
        here = Trainer(predictor, full, config.training(data), device, config.seed)
        trainer = here if workers is None else TrainerElsewhere(workers, here)
        run = SearchRun(
            space, score, trainer, config, record, folder, listen, baselines=baselines or {}
        )
        return run.run()


class SearchRun:
    """One run of a search: its stages in order.

    Args:
        space: Full-size space.
        score: Scores candidates.
        trainer: Trains finalists.
        config: Settings suited to the task.
        record: The durable record.
        folder: The run folder, None if there is none.
        listen: Receives the events of the progress.
        baselines: Architectures that are compared with those of the space, by name.
    """

    def __init__(
        self,
        space: SearchSpace,
        score: CandidateScorer,
        trainer: CandidateTrainer,
        config: SearchConfig,
        record: StudyRecord,
        folder: RunFolder | None = None,
        listen: Listener = ignore,
        *,
        baselines: Mapping[str, Candidate],
    ) -> None:
        self._space = space
        self._score = score
        self._trainer = trainer
        self._config = config
        self._record = record
        self._folder = folder
        self._listen = listen
        self._baselines = baselines
        self._standings = Standings(space, record, baselines, config.constraints, trainer.data)
        self._finished = Finished(config, baselines, record, folder)
        is_finished = bool(self._finished)
        if is_finished:
            self._listen(Noted(text=self._finished.sentence()))
            self._listen = ignore
        elif listen is not ignore:
            self._listen = timed(listen, space, trainer, config, SEARCH)
        self._table = None
        if folder is not None:
            self._table = TrialsTable(folder.trials, record, config.constraints)
        self._trainings = Trainings(trainer, record, folder, splits=config.splits or 1)
        self._training = TrainingStage(
            space,
            self._trainings,
            start_policy(config.init, trainer.starts(space), record),
            self._standings,
            record,
            config,
            baselines,
            self._listen,
            is_finished=is_finished,
        )

    def run(self) -> SearchResult:
        """Run all stages; those that an earlier call has finished take no time."""
        exploration = self._exploration()
        stopped = self._explore(exploration)
        trained = self._training.run(exploration)
        self._record.study.sampler = self._sampler()
        self._write_table()
        result = self._result(trained, stopped)
        self._record.check()
        if self._folder is not None:
            said = {"verdict": list(verdict(result))}  # in words, for reports of the folder
            write_json(self._folder.result, {**result.to_dict(), **said})
            self._folder.note_trust(result.trust)
        self._finished.note()
        return result

    def _result(self, trained: Trained, stopped: str) -> SearchResult:
        contenders = self._standings.contenders()
        table = ResultTable(self._record, self._config.objectives, contenders)
        winner = self._standings.winner() if trained.final else None
        leaders = self._training.leaders(trained.halved, trained.ranked)
        leader = leaders[0] if winner is None else winner.contender
        front = ranked_fronts(self._record.trials(), self._record.study.directions)[0]
        return SearchResult(
            run=self._config.out,
            study=self._record.study,
            best=table.found(leader, winner),
            pareto=tuple(table.found(contenders[identity_of(trial)]) for trial in front),
            finalists=table.trained(first=leader),
            best_model=None if winner is None else self._trainings.module(winner, self._listen),
            trust=trained.trust,
            trials=self._record.counts(),
            rivals=tuple(
                table.rival(rival, self._standings.lead(leader, rival.contender))
                for rival in trained.rivals
            ),
            probes=_probes(trained.probes),
            seconds=self._record.seconds(),
            samples=self._samples(),
            rungs=self._efforts(trained, leader),
            files=self._files(winner),
            stopped=stopped,
        )

    def _samples(self) -> dict[str, int]:
        """Sizes of the splits on which accuracies are measured."""
        data = self._trainer.data
        return {"ranking": len(data.val), "test": len(data.test)}

    def _efforts(self, trained: Trained, leader: Contender) -> tuple[Effort, ...]:
        """The effort of each stage."""
        scoring, data, ranked = self._config.scoring, self._trainer.data, trained.ranked
        small = self._score.proxy(self._space)
        sample = ranked[:: -(-len(ranked) // _PROXIES)]
        proxies = [cost(candidate(small, trial.params).network).macs for trial in sample]
        seen = (data.train.spread(scoring.calibration), data.val.spread(scoring.images))
        scored = Scored(
            candidates=sum(map(is_scored, self._record.trials())),
            macs=fmean(proxies),
            rows=sum(samples.rows for samples in seen),
        )
        halved = trained.halved.then(*trained.final) if trained.final else trained.halved
        return efforts(scored, halved.rungs, macs=leader.macs, rows=data.train.rows)

    @cached_property
    def _recorded(self) -> Callable[[], None]:
        return ignore_record if self._table is None else self._table.refresh

    def _exploration(self) -> Exploration:
        return Exploration(
            self._space,
            self._score.one_by_one,
            self._record,
            self._config,
            self._listen,
            recorded=self._recorded,
        )

    def _explore(self, exploration: Exploration) -> str:
        listen = ignore if exploration.is_over else self._listen
        try:
            with stage(
                listen, SEARCH, self._config.n_trials, steps="candidates scored"
            ) as progress:
                return exploration.run(progress)
        except NasError as error:
            self._record_failure(error)
            raise
        finally:
            self._write_table()

    def _write_table(self) -> None:
        if self._table is not None:
            self._table.write()

    def _record_failure(self, error: NasError) -> None:
        """Write into the run folder why there is no result, unless an earlier call left one."""
        counts = self._record.counts()
        if self._folder is None or counts.complete:
            return
        document: dict[str, Any] = {
            "run": str(self._folder.path),
            "study": self._record.study.study_name,
            "trials": asdict(counts),
            "best": None,
            "pareto": [],
            "finalists": [],
            "rivals": [],
            "rungs": [],
            "seconds": self._record.seconds(),
            "samples": self._samples(),
            "files": {name: str(path) for name, path in self._files(None).items()},
            "stopped": error.message,
        }
        self._record.check()
        write_json(self._folder.result, document)

    def _sampler(self) -> BaseSampler:
        """A sampler whose draws differ from those of the recorded trials."""
        count = self._record.counts().total
        return make_sampler(self._config.sampler, derive(self._config.seed, "sampler", count))

    def _files(self, winner: FullyTrained | None) -> dict[str, Path]:
        if self._folder is None:
            return {}
        folder = self._folder
        files = {"run": folder.run, "trials": folder.trials, "result": folder.result}
        if self._config.storage is None:
            files["journal"] = folder.journal
        if winner is not None:
            exported = Files(folder.best)
            files |= {"best": folder.best, "model": exported.source, "weights": exported.weights}
        return files


def _probes(trained: Sequence[Finalist]) -> ProbesResult | None:
    if len(trained) < 2:
        return None
    accuracies = [one.val_accuracy for one in trained]
    return ProbesResult(
        architectures=len(trained),
        epochs=trained[0].epochs,
        mean=fmean(accuracies),
        error=stdev(accuracies) / math.sqrt(len(trained)),
        numbers=tuple(n for one in trained if (n := one.contender.number) is not None),
    )


def _check_task(space: SearchSpace, data: Dataset) -> None:
    for name in ("kind", "classes", "channels", "features"):
        wanted, given = getattr(space.task, name), getattr(data.task, name)
        if wanted != given:
            raise ConfigError(
                f"space {space.name!r} builds networks for {name} = {wanted}, but data set "
                f"{data.name!r} has {given}",
                hint="Make the space with the task of the data set.",
            )

"""The stages of a search, in order."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import asdict, fields, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.analysis.cost import cost
from nas.errors import ConfigError, NasError, counted
from nas.evaluate.scorer import Estimate, Scorer
from nas.events import Noted, ignore, stage
from nas.export.save import Files
from nas.files import write_json
from nas.seeding import derive
from nas.space.candidate import candidate
from nas.study.effort import COMPARISON, EquivalentEpoch
from nas.study.exploration import Exploration, ignore_record
from nas.study.goals.constraints import satisfied
from nas.study.goals.figure import figures
from nas.study.record.opening import open_record
from nas.study.record.run_folder import RunFolder
from nas.study.record.storage import in_reach, quiet_optuna
from nas.study.record.study_record import TrialCounts, is_mutant, is_scored, unchecked
from nas.study.record.trials_table import TrialsTable
from nas.study.result import Found, SearchResult
from nas.study.samplers.registry import make_sampler
from nas.study.selection.finalist_selector import FinalistSelector, probes_among
from nas.study.selection.mutation_selector import MutationSelector
from nas.study.selection.pareto import best, ranked_fronts
from nas.study.successive_halving import SUBSTITUTES, SuccessiveHalving, Winner
from nas.study.trainer import Trainer
from nas.train.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.study.effort import Effort
    from nas.study.search_config import SearchConfig
    from nas.study.selection.pareto import Choose
    from nas.study.successive_halving import Finalist, HalvingResult

_POOL = 1000
"""Best trials that finalists are chosen from."""

_PROXIES = 50
"""Of these, at most so many tell what a candidate costs at the proxy."""


def run_search(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    config: SearchConfig,
    listen: Listener = ignore,
) -> SearchResult:
    """Run the search that a configuration asks for; see :func:`nas.search`."""
    _check_task(space, data)
    config = config.suited(data.task)
    folder = None if config.out is None else RunFolder(config.out)
    in_use = nullcontext(unchecked) if folder is None else folder.in_use()
    with quiet_optuna(), in_use as check, in_reach(config.storage), ExitStack() as locks:
        return _SearchRun(space, data, predictor, config, folder, check, listen, locks).run()


class _SearchRun:
    """One run: its stages, in order."""

    def __init__(
        self,
        space: SearchSpace,
        data: Dataset,
        predictor: WeightPredictor,
        config: SearchConfig,
        folder: RunFolder | None,
        check: Callable[[], None],
        listen: Listener,
        locks: ExitStack,
    ) -> None:
        device = resolve_device(config.device)
        if isinstance(predictor, nn.Module):
            predictor.to(device)
        data = data.to(device)
        self._space = space
        self._config = config
        self._folder = folder
        self._check = check
        self._listen = listen
        self._score = Scorer(
            predictor, data, config.scoring, device=device, is_feasible=self._is_feasible
        )
        self._data = data
        self._score.proxy(space)
        self._record = open_record(space, data, predictor, config, folder, check, locks)
        if self._is_finished():
            self._tell_finished()
            self._listen = ignore
        self._table = None
        if folder is not None:
            self._table = TrialsTable(folder.trials, self._record, config.constraints)
        trainer = Trainer(predictor, data.at(space.task.resolution), device, config.seed)
        self._halving = SuccessiveHalving(
            space, trainer, self._record, folder, config.objectives, self._listen
        )

    def run(self) -> SearchResult:
        """All stages; those that an earlier call has finished take no time."""
        exploration = self._exploration()
        stopped = self._explore(exploration)
        explored = [trial for trial in self._record.trials() if not is_mutant(trial)]
        directions = self._record.study.directions
        candidates = TrialCounts.of(explored).complete
        rungs, max_epochs = self._config.rungs(candidates), self._config.max_epochs or 0
        finalists = self._config.finalist_count
        ranked = best(explored, directions, max(_POOL, finalists))
        selector = FinalistSelector(
            ranked, self._config.objectives, self._embed, probes=probes_among(finalists)
        )
        choose: Choose = selector
        if self._space.task.traits.mutates:
            choose = MutationSelector(self._space, selector, self._config, exploration)
        halved = self._halving.run(choose, rungs[:-1] if max_epochs else rungs)
        leaders = [finalist.trial for finalist in halved.standing] or ranked[:1]
        reserve = [trial for trial in ranked if trial not in leaders][:SUBSTITUTES]
        final = None
        if max_epochs:
            final = self._halving.train_winner([*leaders, *reserve], max_epochs)
        trust = selector.trust({f.trial.number: f.val_accuracy for f in halved.first_rung})
        if final is not None:
            halved = halved.then(final)
        trials = self._record.trials()
        self._record.study.sampler = self._sampler()
        self._write_table()
        trained = {finalist.trial.number: finalist for finalist in halved.standing}
        winner = leaders[0] if final is None else final.trial
        result = SearchResult(
            run=self._config.out,
            study=self._record.study,
            best=self._shown(winner, trained),
            pareto=tuple(
                self._shown(trial, trained) for trial in ranked_fronts(trials, directions)[0]
            ),
            finalists=tuple(self._shown(f.trial, trained) for f in halved.standing),
            best_model=None if final is None else final.module,
            trust=trust,
            trials=self._record.counts(),
            seconds=self._record.seconds(),
            rungs=self._efforts(ranked, halved, winner),
            files=self._files(final),
            stopped=stopped,
        )
        self._check()
        if self._folder is not None:
            write_json(self._folder.result, result.to_dict())
            self._folder.note_trust(result.trust)
        done = self._later_stages(result.trials.complete)
        if self._record.read("finished") != done:
            self._record.write("finished", done)
        return result

    def _is_feasible(self, network: Graph) -> bool:
        """Whether a network meets all constraints."""
        return satisfied(self._config.constraints, figures(network))

    def _embed(self, trials: Sequence[FrozenTrial]) -> NDArray[np.float64]:
        candidates = [candidate(self._space, trial.params) for trial in trials]
        return self._score.embed(candidates).double().numpy()

    def _shown(self, trial: FrozenTrial, trained: Mapping[int, Finalist]) -> Found:
        """An architecture of the result, with what came of training it."""
        found, known = self._found(trial), trained.get(trial.number)
        if known is None:
            return found
        test_accuracy = known.test_accuracy if isinstance(known, Winner) else None
        return replace(
            found,
            val_accuracy=known.val_accuracy,
            epochs=known.epochs,
            test_accuracy=test_accuracy,
        )

    def _efforts(
        self, ranked: Sequence[FrozenTrial], halved: HalvingResult, winner: FrozenTrial
    ) -> tuple[Effort, ...]:
        """What each stage has cost, in epochs of the mean network of the first rung."""
        scoring, data = self._config.scoring, self._data
        mean = [finalist.trial for finalist in halved.first_rung] or [winner]
        small = self._score.proxy(self._space)
        spread = ranked[:: -(-len(ranked) // _PROXIES)]
        proxies = [cost(candidate(small, trial.params).network).macs for trial in spread]
        unit = EquivalentEpoch(macs=fmean(map(_macs, mean)), rows=data.train.rows)
        seen = (data.train.spread(scoring.calibration), data.val.spread(scoring.images))
        rows = sum(samples.rows for samples in seen)
        scored = sum(map(is_scored, self._record.trials()))
        efforts = [unit.of_scoring(scored, fmean(proxies), rows)]
        if halved.compared is not None:
            compared = halved.compared
            efforts.append(unit.of_training(COMPARISON, [_macs(compared.trial)], compared.epochs))
        for number, rung in enumerate(halved.rungs, 1):
            macs = [_macs(finalist.trial) for finalist in rung]
            efforts.append(unit.of_training(f"rung {number}", macs, rung[0].epochs))
        return tuple(efforts)

    def _later_stages(self, candidates: int) -> dict[str, Any]:
        """What a finished search has done with its candidates, fit for JSON."""
        return {
            "candidates": candidates,
            "rungs": [[rung.size, rung.epochs] for rung in self._config.rungs(candidates)],
            "max_epochs": self._config.max_epochs,
        }

    def _is_finished(self) -> bool:
        """Whether an earlier call has done all that is asked for, so that it is only shown."""
        config, folder = self._config, self._folder
        candidates = TrialCounts.of(self._record.trials()).complete
        exported = folder is not None and Files(folder.best).weights.is_file()
        stopped = self._record.read("stopped", {}).get("n_trials") == config.n_trials
        return (
            (candidates >= config.n_trials or stopped)
            and self._record.read("finished") == self._later_stages(candidates)
            and (exported or not config.max_epochs)
        )

    def _tell_finished(self) -> None:
        asked, held = self._config.n_trials, TrialCounts.of(self._record.trials()).complete
        more = f", more than the {asked} asked for" if held > asked else ""
        text = f"already finished with {counted(held, 'trial')}{more}; this is its result"
        self._listen(Noted(text=f"{text} (choose another --out for a new search)"))

    def _exploration(self) -> Exploration:
        return Exploration(
            self._space,
            self._score.one_by_one,
            self._record,
            self._config,
            self._listen,
            recorded=ignore_record if self._table is None else self._table.refresh,
        )

    def _explore(self, exploration: Exploration) -> str:
        listen = ignore if exploration.is_over else self._listen
        try:
            with stage(listen, "search", self._config.n_trials) as progress:
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
        """Say in the run folder why there is no result, unless an earlier call left one."""
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
            "rungs": [],
            "seconds": self._record.seconds(),
            "files": {name: str(path) for name, path in self._files(None).items()},
            "stopped": error.message,
        }
        self._check()
        write_json(self._folder.result, document)

    def _sampler(self) -> BaseSampler:
        """A sampler whose draws differ from those behind the trials that are there."""
        count = self._record.counts().total
        return make_sampler(self._config.sampler, derive(self._config.seed, "sampler", count))

    def _found(self, trial: FrozenTrial) -> Found:
        found = candidate(self._space, trial.params)
        known = trial.user_attrs
        return Found(
            candidate=found,
            number=trial.number,
            values=tuple(trial.values),
            estimate=Estimate(**{field.name: known[field.name] for field in fields(Estimate)}),
            cost=cost(found.network),
        )

    def _files(self, winner: Winner | None) -> dict[str, Path]:
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


def _macs(trial: FrozenTrial) -> float:
    return float(trial.user_attrs["macs"])


def _check_task(space: SearchSpace, data: Dataset) -> None:
    for name in ("kind", "classes", "channels", "features"):
        wanted, given = getattr(space.task, name), getattr(data.task, name)
        if wanted != given:
            raise ConfigError(
                f"space {space.name!r} builds networks for {name} = {wanted}, but data set "
                f"{data.name!r} has {given}",
                hint="Make the space with the task of the data set.",
            )

"""The first stage of a search: generations of candidates, scored with predicted weights."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import optuna

from nas.errors import counted
from nas.evaluate.scorer import Estimate, Failure
from nas.events import Leaders, Noted
from nas.seeding import derive, rng
from nas.space.candidate import Candidate, sample
from nas.space.time_limit import TimeIsOver, time_limit
from nas.study.outcome import OutcomeCache
from nas.study.proposed_trial import ProposedTrial
from nas.study.record.study_record import SEARCH
from nas.study.record.trial_reading import (
    DESIGN,
    PARENT,
    OutcomeKind,
    architecture_of,
    figure_of,
    is_mutant,
    is_repeat,
    outcome_kind,
)
from nas.study.reproducible import check_reproducible
from nas.study.samplers.registry import make_sampler
from nas.study.selection.pareto import ranked_fronts
from nas.study.stopping import ASKS_PER_CANDIDATE, TRIES_PER_CANDIDATE, Stopping

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

    from nas.events import Listener, StageProgress
    from nas.space.search_space import SearchSpace
    from nas.study.outcome import TrialOutcome
    from nas.study.record.study_record import StudyRecord
    from nas.study.search_config import SearchConfig

ScoreCandidates = Callable[[Sequence[Candidate]], Iterable[Estimate | Failure]]

LEADERS = 5

_GRACE = 10.0
"""Seconds that a generation may run beyond the time limit; its scoring has as many again."""
_SILENCE = 1.0
"""Least seconds between two reports of the progress within a generation."""


def ignore_record() -> None:
    """Do nothing when a generation has been recorded."""


class Exploration:
    """Asks a sampler for generations of candidates, scores them, and reports to the sampler.

    Duplicates, infeasible and unbuildable candidates need no score. Their trials finish at once,
    so the sampler learns from them within the generation, and a generation is a full batch for
    the scorer. Each generation is on record before the next one begins. Its random draws follow
    from the seed and the number of earlier trials, so a killed search continues as it would have.

    Args:
        space: The full-size space; costs and constraints apply to its networks.
        score: Scores candidates.
        record: The durable record.
        config: Goals and length of the search.
        listen: Receives the events of the progress.
        recorded: Called after each generation, when its record is durable.
    """

    def __init__(
        self,
        space: SearchSpace,
        score: ScoreCandidates,
        record: StudyRecord,
        config: SearchConfig,
        listen: Listener,
        *,
        recorded: Callable[[], None] = ignore_record,
    ) -> None:
        self._space = space
        self._score = score
        self._record = record
        self._config = config
        self._listen = listen
        self._recorded = recorded
        self._ends: float | None = None
        self._marked = self._shown = time.monotonic()
        self._progress: StageProgress | None = None
        self._open()

    def _open(self) -> None:
        """Restore the state on record, and discard any other."""
        self._study = optuna.create_study(
            directions=[objective.direction for objective in self._config.objectives]
        )
        trials = self._record.restore(self._study)
        self._sampler: BaseSampler | None = None
        self._cache = OutcomeCache(trials)
        self._stopping = Stopping(self._space, self._config)
        self._fronts: list[list[FrozenTrial]] = []
        for trial in trials:
            self._note_failure(trial)
        self._learn(trials)

    @property
    def is_over(self) -> bool:
        """Whether an earlier call has left nothing to do."""
        return self._stopping.missing <= 0 or bool(self._recorded_stop())

    def run(self, stage: StageProgress) -> str:
        """Search until ``n_trials`` candidates are scored or a reason to stop occurs.

        Returns:
            The reason for an early stop; empty if there was none.

        Raises:
            InfeasibleError: No candidate satisfied the constraints.
            StudyError: No candidate could be scored.
            ConfigError: The space builds no network for its task, or different graphs from the
                same choices.
        """
        self._progress, self._marked = stage, time.monotonic()
        if self._config.timeout is not None:
            self._ends = self._marked + self._config.timeout + _GRACE
        was_over = self.is_over
        try:
            reason, lasting = self._until_stopped(stage)
        finally:
            self._progress = self._ends = None
        if not was_over:  # the time since the last generation: perhaps no new one was found
            self._record.spend(SEARCH, self._seconds())
        stopping, asked = self._stopping, self._config
        if stopping.missing <= 0:
            return ""
        if not stopping.counts.complete:
            raise stopping.nothing_found(reason)
        scored = f"{stopping.counts.complete} of {asked.n_trials} candidates"
        self._listen(Noted(text=f"Stopped at {scored}: {reason}."))
        if lasting:
            self._record.write("stopped", {"n_trials": asked.n_trials, "reason": reason})
        return reason

    def _until_stopped(self, stage: StageProgress) -> tuple[str, bool]:
        """Search; return why it stopped, and whether a repeated call would stop as well."""
        asked, began, before = self._config, time.monotonic(), self._stopping.counts.complete
        try:
            if not self.is_over:
                with self._limit():
                    check_reproducible(self._space, asked.seed)
            reason = self._recorded_stop() or self._stopping.reason(self._cache.notations)
            while not reason and self._stopping.missing > 0:
                size = min(asked.generation, self._stopping.missing)
                with self._limit():
                    repeating = self._stopping.is_repeating(size) and not self._restart(size)
                if repeating:
                    known = counted(len(self._cache), "known architecture")
                    return f"nothing new was found beside {known}", True
                self._generation(size, ASKS_PER_CANDIDATE * size)
                seconds = time.monotonic() - began
                self._report(stage, (self._stopping.counts.complete - before) / seconds)
                reason = self._stopping.reason(self._cache.notations)
                if not reason and self._stopping.is_late(seconds):
                    raise TimeIsOver
        except TimeIsOver:
            return f"the time of {asked.timeout:g} s is over", False
        return reason, True

    def _limit(self, least: float = 0.0) -> AbstractContextManager[None]:
        """A block that the time limit interrupts, after ``least`` seconds at the earliest."""
        if self._ends is None:
            return nullcontext()
        return time_limit(max(self._ends - time.monotonic(), least))

    def record_mutant(self, mutant: Candidate, parent: int) -> FrozenTrial | None:
        """The trial of a mutant; a new mutant is first scored and recorded.

        Args:
            mutant: A feasible architecture.
            parent: Number of its parent's trial.

        Returns:
            None if the mutant cannot be scored.
        """
        if mutant.hash not in self._cache:
            self._study.enqueue_trial(dict(mutant.params), user_attrs={PARENT: parent})
            self._marked = time.monotonic()
            self._generation(1, asks=1)
        outcome = self._cache.get(mutant.hash)
        if outcome is None or outcome.kind is not OutcomeKind.SCORED:
            return None
        return self._record.trial(mutant.hash)

    def trial(self, number: int) -> FrozenTrial:
        """The recorded trial with this number."""
        return self._record.study.get_trials(deepcopy=False)[number]

    def _recorded_stop(self) -> str:
        """Why an earlier call with the same ``n_trials`` stopped for good; empty if none did."""
        stopped = self._record.read("stopped", {})
        return str(stopped["reason"]) if stopped.get("n_trials") == self._config.n_trials else ""

    def _generation(self, size: int, asks: int) -> None:
        """Ask at most ``asks`` times for ``size`` new candidates; score, tell and record them.

        Raises:
            TimeIsOver: Some candidates were not scored in time. The trials before the first of
                them are on record; all later ones are discarded.
        """
        if not self._stopping.counts.total:
            self._queue_known_designs()
        seed = derive(self._config.seed, "sampler", self._stopping.counts.total)
        self._sampler = make_sampler(self._config.sampler, seed, after=self._sampler)
        self._study.sampler = self._sampler
        finished: list[FrozenTrial] = []
        fresh: dict[str, ProposedTrial] = {}
        twins: list[ProposedTrial] = []
        late: TimeIsOver | None = None
        try:
            with self._limit():
                self._ask(size, asks, finished, fresh, twins)
        except TimeIsOver as over:
            late = over
        try:
            with self._limit(least=_GRACE):
                self._score_fresh(list(fresh.values()), finished)
        except TimeIsOver as over:
            late = over
        for proposal in twins:
            outcome = self._cache.get(proposal.identity)
            if outcome is not None:
                finished.append(self._tell(proposal, outcome))
        finished.sort(key=lambda trial: trial.number)
        if late is not None:
            asked = [*fresh.values(), *twins]
            finished = _unbroken(finished, [proposal.trial.number for proposal in asked])
        self._record.append(finished, self._study, seconds=self._seconds())
        if late is not None:
            self._open()
        else:
            self._learn(finished)
        self._recorded()
        if late is not None:
            raise late

    def _ask(
        self,
        size: int,
        asks: int,
        finished: list[FrozenTrial],
        fresh: dict[str, ProposedTrial],
        twins: list[ProposedTrial],
    ) -> None:
        """Ask for new candidates; finish trials without need of a score. Extends the arguments."""
        for _ in range(asks):
            exploring = self._progress is not None
            if len(fresh) == size or (exploring and self._stopping.is_failing(len(fresh))):
                break
            if self._ends is not None and time.monotonic() > self._ends:  # if no alarm can be set
                raise TimeIsOver
            proposal = ProposedTrial.build(self._space, self._study.ask(), self._cache.identities)
            if proposal.identity in fresh:
                twins.append(proposal)
                continue
            outcome = self._cache.get(proposal.identity) or proposal.outcome_unscored(
                self._config.objectives, self._config.constraints
            )
            if outcome is None:
                fresh[proposal.identity] = proposal
            else:
                finished.append(self._tell(proposal, outcome))
                self._announce(len(fresh))

    def _score_fresh(self, proposals: list[ProposedTrial], finished: list[FrozenTrial]) -> None:
        if not proposals:
            return
        candidates = [p.candidate for p in proposals if p.candidate is not None]
        estimates = self._score(candidates)
        for place, (proposal, estimate) in enumerate(zip(proposals, estimates, strict=True), 1):
            outcome = proposal.outcome_scored(
                estimate, self._config.objectives, self._config.constraints
            )
            finished.append(self._tell(proposal, outcome))
            self._announce(len(proposals) - place)
            self._show_within(place)

    def _tell(self, proposal: ProposedTrial, outcome: TrialOutcome) -> FrozenTrial:
        if outcome.number is not None:  # isomorphic networks may differ in notation
            own = {"architecture": proposal.architecture}
            outcome = dataclasses.replace(outcome, attributes=own)
        trial = outcome.tell(proposal.trial)
        self._cache.learn(trial)
        self._note_failure(trial)
        return trial

    def _note_failure(self, trial: FrozenTrial) -> None:
        again = is_repeat(trial) or is_mutant(trial)
        if outcome_kind(trial) is OutcomeKind.FAILED and not again:
            self._stopping.failures.add(trial)

    def _announce(self, others: int) -> None:
        """Report failures while a generation is under way.

        Args:
            others: Number of its candidates that have not failed.
        """
        failures, stage = self._stopping.failures, self._progress
        text = failures.announcement(self._stopping.tried + others)
        if text:
            self._listen(Noted(text=text))
        if stage is not None and failures.count and time.monotonic() - self._shown > _SILENCE:
            self._shown = time.monotonic()
            stage.advance(self._stopping.counts.complete, failed=failures.count)

    def _show_within(self, scored: int) -> None:
        """Show progress inside a generation that takes long."""
        if self._progress is not None and time.monotonic() - self._shown > _SILENCE:
            self._shown = time.monotonic()
            self._progress.advance(self._stopping.counts.complete + scored)

    def _seconds(self) -> float:
        """Seconds since the last mark; sets a new one."""
        before, self._marked = self._marked, time.monotonic()
        return self._marked - before

    def _learn(self, finished: list[FrozenTrial]) -> None:
        self._stopping.learn(finished)
        leaders = [trial for front in self._fronts for trial in front]
        self._fronts = ranked_fronts([*leaders, *finished], self._study.directions, LEADERS)

    def _queue_known_designs(self) -> None:
        """Enqueue the known designs of the space as the first trials."""
        for name, params in self._space.known().items():
            self._study.enqueue_trial(dict(params), user_attrs={DESIGN: name})

    def _restart(self, wanted: int) -> int:
        """Enqueue new random architectures; return their number."""
        draws = rng(self._config.seed, "immigrants", self._stopping.counts.total)
        found: set[str] = set()
        for _ in range(TRIES_PER_CANDIDATE * self._config.generation):
            if len(found) == wanted:
                break
            try:
                stranger = sample(self._space, draws)
            except Exception:  # a space may be user code; trials of the sampler report failures
                continue
            if stranger.hash not in self._cache and stranger.hash not in found:
                found.add(stranger.hash)
                self._study.enqueue_trial(dict(stranger.params))
        return len(found)

    def _report(self, stage: StageProgress, per_second: float) -> None:
        self._shown = time.monotonic()
        counts = self._stopping.counts
        known = [trial for front in self._fronts for trial in front]
        unscored = {
            "duplicates": counts.duplicates,
            "failed": counts.failed,
            "infeasible": counts.infeasible,
        }
        metrics: dict[str, float] = {name: count for name, count in unscored.items() if count}
        metrics["per_second"] = per_second
        if known:
            for name in ("score", "accuracy"):
                metrics[f"best_{name}"] = max(figure_of(trial, name) for trial in known)
        stage.advance(counts.complete, **metrics)
        self._listen(
            Leaders(rows=tuple(_row(rank, trial) for rank, trial in enumerate(known[:LEADERS], 1)))
        )


def _unbroken(finished: Sequence[FrozenTrial], asked: Sequence[int]) -> list[FrozenTrial]:
    """The finished trials before the first unfinished one of those asked for."""
    numbers = {trial.number for trial in finished}
    end = min((number for number in asked if number not in numbers), default=math.inf)
    return [trial for trial in finished if trial.number < end]


def _row(rank: int, trial: FrozenTrial) -> dict[str, object]:
    names = ("score", "accuracy", "loss", "params", "macs")
    figures = {name: figure_of(trial, name) for name in names}
    return {"rank": rank, "architecture": architecture_of(trial), **figures}

"""The first stage of a search: generations of candidates, scored with predicted weights."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import optuna

from nas.errors import ConfigError, InfeasibleError, StudyError
from nas.evaluate.scorer import Estimate
from nas.events import Leaders, Noted
from nas.seeding import derive, rng
from nas.space.candidate import Candidate, sample
from nas.study.answer import Outcome
from nas.study.cache import AnswerCache
from nas.study.ledger import TrialCounts, is_scored, outcome_of
from nas.study.proposal import Proposal
from nas.study.ranking import ranked_fronts
from nas.study.samplers.registry import make_sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

    from nas.events import Listener, Stage
    from nas.space.search_space import SearchSpace
    from nas.study.answer import Answer
    from nas.study.constraints import Constraint
    from nas.study.ledger import Ledger
    from nas.study.objectives import Objective

ScoreCandidates = Callable[[Sequence[Candidate]], Sequence[Estimate | None]]

LEADERS = 5
_ASKS_PER_CANDIDATE = 4
_TRIES_PER_CANDIDATE = 50
_FAILURES_ALLOWED = 20
_FAILURE_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class ExplorationConfig:
    """What is searched for, and for how long.

    Attributes:
        objectives: What is optimised.
        constraints: What a candidate must satisfy to be scored.
        n_trials: Distinct candidates that shall reach a score, earlier runs included.
        sampler: Name of the sampler that proposes candidates.
        generation: Candidates scored as one batch.
        timeout: Seconds after which no new generation starts.
        seed: Of the sampler, and of the random candidates drawn when it repeats itself.
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()
    n_trials: int = 1000
    sampler: str = "evolution"
    generation: int = 32
    timeout: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("n_trials", "generation"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.timeout is not None and self.timeout <= 0:
            raise ConfigError(f"timeout must be positive, got {self.timeout:g} seconds")


def ignore_record() -> None:
    """Do nothing when a generation has been recorded."""


class Exploration:
    """Asks a sampler for generations of candidates, scores them, and tells it.

    What needs no scoring (a duplicate, an infeasible or unbuildable candidate) is told at once, so
    the sampler learns from it within the generation, and a generation is a full batch for the
    scorer. The record of a generation is durable before the next one begins, and all that is
    random in a generation follows from the seed and the number of trials before it: a search
    that was killed goes on as if it had not been.

    Args:
        space: Full-size space; cost and constraints concern its networks.
        score: Scores candidates.
        ledger: The durable record.
        config: What is searched for.
        listen: Is told of the progress.
        recorded: Called after each generation, when its record is durable.
    """

    def __init__(
        self,
        space: SearchSpace,
        score: ScoreCandidates,
        ledger: Ledger,
        config: ExplorationConfig,
        listen: Listener,
        *,
        recorded: Callable[[], None] = ignore_record,
    ) -> None:
        trials = ledger.trials()
        self._space = space
        self._score = score
        self._ledger = ledger
        self._config = config
        self._listen = listen
        self._recorded = recorded
        self._study = optuna.create_study(
            directions=[objective.direction for objective in config.objectives]
        )
        ledger.restore(self._study)
        self._sampler: BaseSampler | None = None
        self._cache = AnswerCache(trials)
        self._counts = TrialCounts()
        self._fronts: list[list[FrozenTrial]] = []
        self._nearest: FrozenTrial | None = None
        self._barren = 0
        self._repeats = 0
        self._learn(trials)

    def run(self, stage: Stage) -> str:
        """Search until ``n_trials`` candidates are scored, or there is reason to stop.

        Returns:
            Why it stopped early; empty if it did not.

        Raises:
            InfeasibleError: Nothing satisfied the constraints.
            StudyError: Nothing could be scored.
        """
        began, before = time.monotonic(), self._counts.complete
        reason, lasting = self._recorded_stop() or self._reason_to_stop(), True
        while not reason and self._missing > 0:
            size = min(self._config.generation, self._missing)
            if self._repeats >= _ASKS_PER_CANDIDATE * size and not self._immigrate(size):
                reason = f"no new architecture was found beside the {len(self._cache)} known ones"
                break
            self._generation(size)
            self._report(stage, (self._counts.complete - before) / (time.monotonic() - began))
            reason = self._reason_to_stop()
            if not reason and self._is_late(time.monotonic() - began):
                reason, lasting = f"the time of {self._config.timeout:g} s is over", False
        if self._missing <= 0:
            return ""
        self._give_up(reason)
        if lasting:
            self._ledger.write("stopped", {"n_trials": self._config.n_trials, "reason": reason})
        return reason

    def _recorded_stop(self) -> str:
        """Why the same command stopped before, so that it need not find out again."""
        stopped = self._ledger.read("stopped", {})
        return str(stopped["reason"]) if stopped.get("n_trials") == self._config.n_trials else ""

    def _is_late(self, seconds: float) -> bool:
        return self._config.timeout is not None and seconds >= self._config.timeout

    @property
    def _missing(self) -> int:
        return self._config.n_trials - self._counts.complete

    def _generation(self, size: int) -> None:
        """Ask for, score, tell and record one generation."""
        began = time.monotonic()
        seed = derive(self._config.seed, "sampler", self._counts.total)
        self._sampler = make_sampler(self._config.sampler, seed, after=self._sampler)
        self._study.sampler = self._sampler
        told: list[FrozenTrial] = []
        fresh: dict[str, Proposal] = {}
        twins: list[Proposal] = []
        for _ in range(_ASKS_PER_CANDIDATE * size):
            if len(fresh) == size:
                break
            proposal = Proposal.build(self._space, self._study.ask())
            if proposal.identity in fresh:
                twins.append(proposal)
                continue
            answer = self._cache.get(proposal.identity) or proposal.answer_unscored(
                self._config.objectives, self._config.constraints
            )
            if answer is None:
                fresh[proposal.identity] = proposal
            else:
                told.append(self._tell(proposal, answer))
        told += self._score_fresh(list(fresh.values()))
        for proposal in twins:
            answer = self._cache.get(proposal.identity)
            assert answer is not None
            told.append(self._tell(proposal, answer))
        told.sort(key=lambda trial: trial.number)
        self._ledger.append(told, self._study, seconds=time.monotonic() - began)
        self._learn(told)
        self._recorded()

    def _score_fresh(self, proposals: list[Proposal]) -> list[FrozenTrial]:
        if not proposals:
            return []
        candidates = [p.candidate for p in proposals if p.candidate is not None]
        estimates = self._score(candidates)
        return [
            self._tell(
                proposal,
                proposal.answer_scored(
                    estimate, self._config.objectives, self._config.constraints
                ),
            )
            for proposal, estimate in zip(proposals, estimates, strict=True)
        ]

    def _tell(self, proposal: Proposal, answer: Answer) -> FrozenTrial:
        if answer.number is not None:  # isomorphic networks may have notations of their own
            own = {**answer.attributes, "architecture": proposal.architecture}
            answer = dataclasses.replace(answer, attributes=own)
        trial = answer.tell(proposal.trial)
        self._cache.learn(trial)
        return trial

    def _learn(self, told: list[FrozenTrial]) -> None:
        self._counts = TrialCounts.of(told) + self._counts
        for trial in told:
            self._barren = 0 if is_scored(trial) else self._barren + 1
            self._repeats = self._repeats + 1 if "duplicate_of" in trial.user_attrs else 0
        self._nearest = _nearest(self._nearest, told)
        leaders = [trial for front in self._fronts for trial in front]
        self._fronts = ranked_fronts([*leaders, *told], self._study.directions, LEADERS)

    def _immigrate(self, wanted: int) -> int:
        """Queue random architectures that are new; returns how many."""
        draws = rng(self._config.seed, "immigrants", self._counts.total)
        found: set[str] = set()
        for _ in range(_TRIES_PER_CANDIDATE * self._config.generation):
            if len(found) == wanted:
                break
            try:
                stranger = sample(self._space, draws)
            except Exception:  # a space may be anybody's code; the sampler reports its failures
                continue
            if stranger.hash not in self._cache and stranger.hash not in found:
                found.add(stranger.hash)
                self._study.enqueue_trial(dict(stranger.params))
        return len(found)

    def _reason_to_stop(self) -> str:
        counts, size = self._counts, self._space.size()
        if size is not None and self._cache.notations >= size:
            return f"the space is exhausted: it holds {size} architectures"
        distinct = counts.complete + counts.failed + counts.infeasible
        if counts.failed >= _FAILURES_ALLOWED and counts.failed > _FAILURE_SHARE * distinct:
            return f"{counts.failed} of {distinct} candidates failed"
        if self._barren >= _TRIES_PER_CANDIDATE * self._config.generation:
            return f"the last {self._barren} tries brought no candidate that could be scored"
        return ""

    def _give_up(self, reason: str) -> None:
        """Say why the search ends, as an error if it has found nothing.

        Raises:
            InfeasibleError: Nothing satisfied the constraints.
            StudyError: Nothing could be scored.
        """
        counts = self._counts
        if counts.complete:
            self._listen(
                Noted(
                    text=f"Stopped at {counts.complete} of {self._config.n_trials} candidates: "
                    f"{reason}."
                )
            )
        elif self._nearest is not None:
            raise self._infeasible(self._nearest)
        else:
            failures = [t for t in self._ledger.trials() if outcome_of(t) is Outcome.FAILED]
            example = failures[0].user_attrs["reason"] if failures else "none was tried"
            raise StudyError(
                f"no candidate of space {self._space.name!r} reached a score: {reason}",
                hint=f"The first failure was: {example}",
            )

    def _infeasible(self, nearest: FrozenTrial) -> InfeasibleError:
        worst = max(self._config.constraints, key=lambda c: nearest.constraints[str(c)])
        amount = nearest.constraints[str(worst)]
        found = nearest.user_attrs[worst.name]
        return InfeasibleError(
            f"nothing in space {self._space.name!r} satisfied {worst} in {self._counts.total} "
            f"tries; the nearest had {worst.name}={found:,.15g}, off by {amount:.1%}.",
            hint=f"Relax the limit on {worst.name}, or change the macro sizes of the space.",
        )

    def _report(self, stage: Stage, per_second: float) -> None:
        counts = self._counts
        known = [trial for front in self._fronts for trial in front]
        metrics: dict[str, float] = {
            "scored": counts.complete,
            "duplicates": counts.duplicates,
            "failed": counts.failed,
            "infeasible": counts.infeasible,
            "per_second": per_second,
        }
        if known:
            for name in ("score", "accuracy"):
                metrics[f"best_{name}"] = max(trial.user_attrs[name] for trial in known)
        stage.advance(counts.complete, **metrics)
        self._listen(
            Leaders(rows=tuple(_row(rank, trial) for rank, trial in enumerate(known[:LEADERS], 1)))
        )


def _row(rank: int, trial: FrozenTrial) -> dict[str, object]:
    names = ("architecture", "score", "accuracy", "loss", "params", "macs")
    return {"rank": rank, **{name: trial.user_attrs[name] for name in names}}


def _nearest(best: FrozenTrial | None, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """The infeasible trial whose worst violation is least."""
    missed = [t for t in trials if outcome_of(t) is Outcome.INFEASIBLE]
    return min(
        [*([best] if best else []), *missed],
        key=lambda trial: max(trial.constraints.values()),
        default=None,
    )

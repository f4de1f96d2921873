"""The second stage of a search: finalists are chosen, trained, and compared with their rivals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.study.finalists.contender import Contender
from nas.study.finalists.final_round import FinalRound
from nas.study.finalists.rivals import rivals_of
from nas.study.finalists.successive_halving import SUBSTITUTES, SuccessiveHalving
from nas.study.record.study_record import SEARCH, TrialCounts
from nas.study.record.trial_reading import is_mutant, is_scored
from nas.study.selection.finalist_selector import FinalistSelector, probes_among
from nas.study.selection.mutation_selector import MutationSelector
from nas.study.selection.pareto import best

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.trial import FrozenTrial

    from nas.events import Listener
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.exploration import Exploration
    from nas.study.finalists.rivals import Rival
    from nas.study.finalists.rungs import Rung
    from nas.study.finalists.standings import Standings
    from nas.study.finalists.start_policy import StartPolicy
    from nas.study.finalists.successive_halving import HalvingResult, Select
    from nas.study.finalists.trainings import Finalist, FullyTrained, Trainings
    from nas.study.record.study_record import StudyRecord
    from nas.study.search_config import SearchConfig
    from nas.study.selection.trust import Trust

_CHOSEN = "chosen"
"""Key of the record that holds the finalists that were chosen while others were trained."""

_POOL = 1000
"""Best trials that finalists are chosen from."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The results of the trainings of a search.

    Attributes:
        ranked: Scored trials, best first.
        rivals: Architectures that were trained together with the finalists.
        halved: The finalists of each rung.
        final: Architectures trained to the end.
        trust: How well each score ranked the trained architectures.
        probes: Finalists of the first rung that are spread evenly over the ranking.
    """

    ranked: Sequence[FrozenTrial]
    rivals: Sequence[Rival]
    halved: HalvingResult
    final: Sequence[FullyTrained]
    trust: Trust
    probes: Sequence[Finalist]


class TrainingStage:
    """Trains the finalists of a search and their rivals.

    Args:
        space: Full-size space.
        trainings: Trains one architecture and keeps the result.
        starts: Initial weights of the trainings.
        standings: Compares trained architectures.
        record: The record of the search.
        config: Settings suited to the task.
        baselines: Architectures that are compared with those of the space, by name.
        is_finished: Whether the search is complete, so that nothing more is trained; one of an
            earlier version has no rivals.
        listen: Receives the events of the progress.
    """

    def __init__(
        self,
        space: SearchSpace,
        trainings: Trainings,
        starts: StartPolicy,
        standings: Standings,
        record: StudyRecord,
        config: SearchConfig,
        baselines: Mapping[str, Candidate],
        listen: Listener,
        *,
        is_finished: bool = False,
    ) -> None:
        self._space = space
        self._trainings = trainings
        self._starts = starts
        self._standings = standings
        self._record = record
        self._config = config
        self._baselines = baselines
        self._listen = listen
        self._is_finished = is_finished

    def run(self, exploration: Exploration) -> Trained:
        """Train finalists and rivals; trainings of earlier calls take no time.

        Args:
            exploration: Scores mutants.

        Raises:
            TrainingError: All trainings of a rung failed.
        """
        config = self._config
        explored = [trial for trial in self._record.trials() if not is_mutant(trial)]
        ranked = best(explored, self._record.study.directions, max(_POOL, config.finalist_count))
        scored = [trial for trial in explored if is_scored(trial)]
        rivals = rivals_of(self._space, scored, self._baselines)
        selector = FinalistSelector(
            ranked, config.objectives, probes=probes_among(config.finalist_count)
        )
        rungs = config.rungs(TrialCounts.of(explored).complete, len(self._baselines))
        brief = rungs[:-1] if config.max_epochs else rungs
        halving = SuccessiveHalving(
            self._trainings,
            config.objectives,
            self._starts.usual,
            self._listen,
            is_over=None
            if config.train_seconds is None
            else lambda rung: self._is_time_over(rung / len(rungs)),
        )
        entering = self._entering(rivals, brief)
        halved = halving.run(
            self._selection(selector, exploration),
            brief,
            entering,
            self._planned(selector, entering),
        )
        final = self._final_trainings(halving, halved, rivals, ranked) if config.max_epochs else ()
        trust = selector.trust(
            {
                one.contender.number: one.val_accuracy
                for one in halved.first_rung
                if one.contender.number is not None
            }
        )
        spread = [one for one in halved.first_rung if one.contender.number in selector.probes]
        return Trained(
            ranked=ranked, rivals=rivals, halved=halved, final=final, trust=trust, probes=spread
        )

    def leaders(self, halved: HalvingResult, ranked: Sequence[FrozenTrial]) -> list[Contender]:
        """The finalists that may win, best first; if there is none, the first in rank."""
        trained = [one.contender for one in halved.standing]
        leaders = [contender for contender in trained if self._standings.may_win(contender)]
        return leaders or [Contender.of_trial(self._space, ranked[0])]

    def _entering(self, rivals: Sequence[Rival], brief: Sequence[Rung]) -> list[Contender]:
        """The rivals of the first rung; of a complete search only those it has trained."""
        contenders = [rival.contender for rival in rivals] if brief else []
        if not self._is_finished:
            return contenders
        epochs, start = brief[0].epochs if brief else 0, self._starts.usual
        return [
            contender
            for contender in contenders
            if self._trainings.is_known("finalist", contender, epochs, start)
        ]

    def _planned(
        self, selector: FinalistSelector, entering: Sequence[Contender]
    ) -> list[Contender]:
        """The architectures that are trained after the rivals, whatever the accuracies.

        They are founders: rivals among the trials are counted as such.
        """
        before = {contender.number for contender in entering if contender.number is not None}
        fresh = dict.fromkeys(t.number for t in selector.planned if t.number not in before)
        founders = max(0, (self._config.founders or 0) - len(before))
        by_number = {trial.number: trial for trial in selector.planned}
        return [Contender.of_trial(self._space, by_number[n]) for n in [*fresh][:founders]]

    def _selection(self, selector: FinalistSelector, exploration: Exploration) -> Select:
        """The next architecture of the first rung, as a contender.

        Workers under a time limit are given architectures before the accuracies of others are
        known. Their order then depends on time, and is recorded for repeated calls.
        """
        select = MutationSelector(self._space, selector, self._config, exploration)
        chosen: list[int] = list(self._record.read(_CHOSEN, []))
        by_time = self._config.train_seconds is not None and self._trainings.parallel > 1

        def choose(tried: Mapping[int, float | None]) -> Contender | None:
            earlier = next((number for number in chosen if number not in tried), None)
            trial = select(tried) if earlier is None else exploration.trial(earlier)
            if trial is None:
                return None
            if by_time and earlier is None:
                chosen.append(trial.number)
                self._record.write(_CHOSEN, chosen)
            return Contender.of_trial(self._space, trial)

        return choose

    def _final_trainings(
        self,
        halving: SuccessiveHalving,
        halved: HalvingResult,
        rivals: Sequence[Rival],
        ranked: Sequence[FrozenTrial],
    ) -> tuple[FullyTrained, ...]:
        leaders = self.leaders(halved, ranked)
        known = {contender.hash for contender in leaders}
        others = (Contender.of_trial(self._space, t) for t in ranked[: len(known) + SUBSTITUTES])
        reserve = [contender for contender in others if contender.hash not in known][:SUBSTITUTES]
        spent = sum(one.epochs * one.splits for rung in halved.rungs for one in rung)
        epochs = self._config.max_epochs or 0

        def affords(trainings: int) -> bool:
            budget = self._config.budget
            within = budget is None or spent + trainings * epochs <= budget
            return within and not self._is_finished

        final = FinalRound(
            self._trainings,
            halving,
            self._starts,
            may_compare=affords(2),
            may_train=lambda trained: affords(trained + 1) and not self._is_time_over(1.0),
            listen=self._listen,
        )
        hashes = {rival.contender.hash for rival in rivals if rival.kind != "largest"}
        return final.run(leaders, reserve, hashes, epochs, spent)

    def _is_time_over(self, share: float) -> bool:
        """Whether the trainings have used up a share of the time that they may take."""
        limit = self._config.train_seconds
        if limit is None:
            return False
        stages = self._record.seconds()
        spent = sum(taken for name, taken in stages.items() if name != SEARCH)
        return spent >= share * limit

"""Comparison of trained architectures: feasibility, leads and the winner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.study.finalists.contender import Contender
from nas.study.finalists.rivals import lead
from nas.study.finalists.trainings import FullyTrained
from nas.study.goals.constraints import satisfied
from nas.study.record.trained import finished_trainings, trainings_by_length
from nas.study.record.trial_reading import is_scored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.rivals import Lead
    from nas.study.goals.constraints import Constraint
    from nas.study.record.study_record import StudyRecord


class Standings:
    """Compares architectures by the trainings on record, those of earlier calls included.

    Args:
        space: Full-size space.
        record: The record of the search.
        baselines: Architectures outside the space, by name.
        constraints: Limits; a baseline that misses one is compared, but does not win.
        data: The data set whose ranking split the accuracies belong to.
    """

    def __init__(
        self,
        space: SearchSpace,
        record: StudyRecord,
        baselines: Mapping[str, Candidate],
        constraints: Sequence[Constraint],
        data: Dataset,
    ) -> None:
        self._space = space
        self._record = record
        named = (Contender.of_baseline(name, one) for name, one in baselines.items())
        self._baselines = {baseline.hash: baseline for baseline in named}
        self._constraints = constraints
        self._data = data

    def contenders(self) -> dict[str, Contender]:
        """All scored architectures and baselines, by hash."""
        scored = (
            Contender.of_trial(self._space, trial)
            for trial in self._record.trials()
            if is_scored(trial)
        )
        return self._baselines | {contender.hash: contender for contender in scored}

    def may_win(self, contender: Contender) -> bool:
        """Whether a contender meets the constraints."""
        return satisfied(self._constraints, contender.figures)

    def lead(self, first: Contender, other: Contender) -> Lead | None:
        """The lead of one over another after trainings of equal length; None without any."""
        if first.hash == other.hash:
            return None
        lengths = trainings_by_length(self._record)
        mine, theirs = (lengths.get(one.hash, {}) for one in (first, other))
        return lead(mine, theirs, len(self._data.val), self._data.task.traits)

    def winner(self) -> FullyTrained:
        """The best final training on the ranking split."""
        contenders = self.contenders()
        trained = [
            FullyTrained(
                contender=contenders[training.hash],
                val_accuracy=training.val_accuracy,
                epochs=training.epochs,
                start=training.start,
                test_accuracy=training.test_accuracy,
            )
            for training in finished_trainings(self._record, "final")
            if training.test_accuracy is not None
            and training.hash in contenders
            and self.may_win(contenders[training.hash])
        ]
        return max(trained, key=lambda one: one.val_accuracy)

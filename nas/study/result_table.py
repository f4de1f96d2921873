"""The results of each architecture of a search."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from nas.analysis.cost import cost
from nas.evaluate.scorer import Estimate
from nas.study.record.trained import longest_trainings
from nas.study.result import Found, RivalResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.study.finalists.contender import Contender
    from nas.study.finalists.rivals import Lead, Rival
    from nas.study.finalists.trainings import FullyTrained
    from nas.study.goals.objectives import Objective
    from nas.study.record.study_record import StudyRecord


class ResultTable:
    """Reads the results of each architecture from the record.

    Args:
        record: The record of the search.
        objectives: The objectives of the search.
        contenders: All architectures of the search, by hash.
    """

    def __init__(
        self,
        record: StudyRecord,
        objectives: tuple[Objective, ...],
        contenders: Mapping[str, Contender],
    ) -> None:
        self._objectives = objectives
        self._contenders = contenders
        self._longest = longest_trainings(record)

    def found(self, contender: Contender, winner: FullyTrained | None = None) -> Found:
        """An architecture with its longest training; the winner with its final training."""
        trained = winner or self._longest.get(contender.hash)
        known: dict[str, Any] = {}
        if trained is not None:
            known = {
                "val_accuracy": trained.val_accuracy,
                "epochs": trained.epochs,
                "test_accuracy": trained.test_accuracy,
                "start": trained.start,
                "splits": trained.splits,
            }
        figures, estimate = contender.figures, None
        values: tuple[float, ...] = ()
        if contender.number is not None:
            measured: dict[str, Any] = {
                one.name: figures.get(one.name) for one in fields(Estimate)
            }
            estimate = Estimate(**measured)
            values = tuple(float(figures[objective.name]) for objective in self._objectives)
        return Found(
            candidate=contender.candidate,
            name=contender.name,
            number=contender.number,
            values=values,
            estimate=estimate,
            cost=cost(contender.candidate.network),
            **known,
        )

    def trained(self, first: Contender) -> tuple[Found, ...]:
        """All trained architectures: ``first``, then by length of training and by accuracy."""
        order = sorted(
            (one for one in self._longest.values() if one.hash in self._contenders),
            key=lambda one: (one.hash != first.hash, -one.epochs, -one.val_accuracy),
        )
        return tuple(self.found(self._contenders[training.hash]) for training in order)

    def rival(self, rival: Rival, ahead: Lead | None) -> RivalResult:
        """A rival of the search, with the lead over it."""
        found = self.found(rival.contender)
        return RivalResult(name=rival.name, kind=rival.kind, found=found, lead=ahead)

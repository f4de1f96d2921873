"""Initial weights of the trainings of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.study.record.trained import finished_trainings
from nas.training.starts.start import AUTO, STARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.study.record.study_record import StudyRecord

CHOICES = (AUTO, *STARTS.in_order())
_STARTS = "starts"


@dataclass(frozen=True)
class StartPolicy:
    """The start of all trainings, and further starts of the final training.

    Attributes:
        usual: Start of the rungs, and of the first final training.
        further: Starts with which the final training may be repeated; the better model is kept.
    """

    usual: str
    further: tuple[str, ...] = ()


def start_policy(init: str, suited: Sequence[str], record: StudyRecord) -> StartPolicy:
    """The starts of a search.

    Predicted weights lead in the first steps of a training and mostly lose by its end (see
    ``benchmarks/gain``), so a short training cannot decide about them. With ``auto`` all rungs
    use the usual start, and only final trainings are compared.

    Args:
        init: The user's choice: ``auto``, or the name of a start.
        suited: Starts that suit the space, the usual one first.
        record: The record of the search. Earlier versions did not note the start; it is then that
            of the recorded trainings.
    """
    if init != AUTO:
        return StartPolicy(init)
    noted = record.read(_STARTS)
    if noted is None:
        before = [training.start for training in finished_trainings(record, "finalist")]
        noted = [max(before, key=before.count)] if before else list(suited)
        record.write(_STARTS, noted)
    usual, *further = noted
    return StartPolicy(usual, tuple(further))

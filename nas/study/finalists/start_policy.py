"""From which initial weights the trainings of a search start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.study.record.trained import finished_trainings
from nas.training.starts.start import STARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.study.record.study_record import StudyRecord

AUTO = "auto"
"""The usual start; another one is compared with it in the final training where that is cheap."""

CHOICES = (AUTO, *STARTS.in_order())
_STARTS = "starts"


@dataclass(frozen=True)
class StartPolicy:
    """The start of all trainings, and further starts of the final training.

    Attributes:
        usual: Start of the rungs, and of the first final training.
        further: Starts that the final training may be repeated from; the better model is kept.
    """

    usual: str
    further: tuple[str, ...] = ()


def start_policy(init: str, suited: Sequence[str], record: StudyRecord) -> StartPolicy:
    """The starts of a search.

    Weights that a hypernetwork predicts lead in the first steps of a training and mostly lose by
    its end (see ``benchmarks/gain``), so a short training cannot decide for them: with ``auto``
    all starts from the usual weights, and only final trainings are compared.

    Args:
        init: As asked for: ``auto``, or the name of a start.
        suited: Starts that suit the space, the usual one first.
        record: Of the search. One of a former version holds trainings but no note of their start,
            which is kept.
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

"""On how many draws of the ranking split each brief training is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.study.record.trained import finished_trainings

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.study.record.study_record import StudyRecord

SMALL = 500
"""With fewer images to train and to rank on, one ranking split decides little."""

REPEATED = 3
"""Splits of small data, whose trainings are short; the standard error falls by a factor of 1.7."""

_SPLITS = "splits"


def splits_of(asked: int | None, data: Dataset, record: StudyRecord) -> int:
    """The number of splits of a search.

    Args:
        asked: Number that is asked for; by default what was asked for before, or what is usual.
        data: Of the search.
        record: Of the search. One of a former version holds trainings on one split but no note
            of their number, which is kept.

    Raises:
        ConfigError: Splits of a graph cannot be drawn anew.
    """
    if asked is not None and asked > 1 and data.task.traits.on_graph:
        raise ConfigError(
            f"splits must be 1 on a graph, got {asked}: its splits are not drawn anew"
        )
    noted = record.read(_SPLITS)
    if asked is None and noted is None:
        asked = 1 if finished_trainings(record, "finalist") else usual_splits(data)
    splits: int = noted if asked is None else asked
    if splits != (noted or 1):
        record.write(_SPLITS, splits)
    return splits


def usual_splits(data: Dataset) -> int:
    """Several where the data are few and their ranking split was drawn by seed, else one.

    A ranking split that is given may be so for a reason: it holds other patients, or later years.
    """
    is_drawn = data.found is not None and data.found.draws_ranking
    is_small = len(data.train) + len(data.val) < SMALL
    return REPEATED if is_drawn and is_small else 1

"""Number of draws of the ranking split on which each brief training is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.study.record.trained import finished_trainings

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.study.record.study_record import StudyRecord

SMALL = 500
"""With fewer images to train and rank on, one ranking split is not enough."""

REPEATED = 3
"""Splits of small data, whose trainings are short; the standard error falls by a factor 1.7."""

_SPLITS = "splits"


def splits_of(asked: int | None, data: Dataset, record: StudyRecord) -> int:
    """The number of splits of a search.

    Args:
        asked: Number from the user; None takes that of earlier calls, or the usual number.
        data: The data set of the search.
        record: The record of the search. Earlier versions did not record the number; if such a
            record holds trainings, it stays at one split.

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
    """Several if the data are few and the ranking split was drawn by seed; else one.

    A given ranking split may be deliberate: it may hold other patients, or later years.
    """
    may_draw = not data.task.traits.on_graph
    is_drawn = may_draw and data.found is not None and data.found.draws_ranking
    is_small = len(data.train) + len(data.val) < SMALL
    return REPEATED if is_drawn and is_small else 1

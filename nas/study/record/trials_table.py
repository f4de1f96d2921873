"""All trials as a table."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

from nas.analysis.figure import FIGURES
from nas.files import write_text
from nas.study.record.trained import longest_trainings
from nas.study.record.trial_reading import (
    ARCHITECTURE,
    DUPLICATE_OF,
    HASH,
    OUTCOME,
    PARENT,
    REASON,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from nas.study.goals.constraints import Constraint
    from nas.study.record.study_record import StudyRecord
    from nas.study.record.trained import Training

_SHARE = 0.05
"""Largest share of the time that may go into writing the table."""


_TRAINED = ("epochs", "val_accuracy")
"""Columns of the longest training."""


class TrialsTable:
    """The table of a study in a file, nearly up to date.

    Each refresh writes the whole file, so a longer table is written less often.
    """

    def __init__(self, path: Path, record: StudyRecord, constraints: Sequence[Constraint]) -> None:
        self._path = path
        self._record = record
        self._constraints = constraints
        self._due = 0.0

    def refresh(self) -> None:
        """Write the table unless the last write was a moment ago."""
        if time.monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Write the table."""
        began = time.monotonic()
        self._record.check()
        trials, trained = self._record.trials(), longest_trainings(self._record)
        write_text(self._path, trials_csv(trials, self._constraints, trained))
        ended = time.monotonic()
        self._due = ended + (ended - began) / _SHARE


def trials_csv(
    trials: Iterable[FrozenTrial],
    constraints: Sequence[Constraint],
    trained: Mapping[str, Training] | None = None,
) -> str:
    """One line for each trial.

    Args:
        trials: The trials in order.
        constraints: A column for each holds its violation.
        trained: The longest training of each trained architecture, by hash.
    """
    trainings = trained or {}
    before = (OUTCOME, DUPLICATE_OF, PARENT, *FIGURES.in_order())
    after = (HASH, ARCHITECTURE, REASON)
    limits = [str(constraint) for constraint in constraints]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(("number", *before, *limits, *_TRAINED, *after))
    for trial in trials:
        known = trial.user_attrs  # infeasible and failed candidates lack most of these
        table.writerow(
            (
                trial.number,
                *(known.get(name, "") for name in before),
                *(trial.constraints.get(limit, "") for limit in limits),
                *_columns(trainings.get(known.get(HASH, ""))),
                *(known.get(name, "") for name in after),
            )
        )
    return buffer.getvalue()


def _columns(training: Training | None) -> tuple[object, ...]:
    return tuple("" if training is None else getattr(training, name) for name in _TRAINED)

"""All trials as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from nas.study.quantity import ANALYTIC, ESTIMATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optuna.trial import FrozenTrial

    from nas.study.constraints import Constraint

_FIGURES = (*ESTIMATED, *ANALYTIC)


def trials_csv(trials: Iterable[FrozenTrial], constraints: Sequence[Constraint]) -> str:
    """One line for each trial; a column for each constraint holds its violation."""
    limits = [str(constraint) for constraint in constraints]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(
        ("number", "outcome", "duplicate_of", *_FIGURES, *limits, "hash", "architecture", "reason")
    )
    for trial in trials:
        known = trial.user_attrs
        table.writerow(
            (
                trial.number,
                *(known.get(name, "") for name in ("outcome", "duplicate_of", *_FIGURES)),
                *(trial.constraints.get(limit, "") for limit in limits),
                *(known.get(name, "") for name in ("hash", "architecture", "reason")),
            )
        )
    return buffer.getvalue()

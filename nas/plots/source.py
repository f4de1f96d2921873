"""The record from which a figure is drawn, and its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, described
from nas.study.record.recorded_run import RecordedRun, read_run, run_of
from nas.study.record.trial_reading import is_mutant
from nas.study.result import SearchResult

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from nas.study.record.trained import Training

Source = str | Path | SearchResult | RecordedRun
"""A run folder, the result of a search, or a record that was read before."""

TRAINED = "accuracy after training"
"""The column with the result of the longest training; null where there was none."""

CANDIDATE, MUTANT, CHOSEN = "candidate", "mutant", "candidate, trained"
"""Groups of trials."""

_MOST = 1000
"""Most untrained candidates in one figure, as a page holds all of its points."""


def recorded(source: Source) -> RecordedRun:
    """The record of a run.

    Raises:
        ConfigError: The argument is of another kind.
        StudyError: The folder holds no run, or its study is missing or damaged.
    """
    match source:
        case RecordedRun():
            return source
        case SearchResult():
            return run_of(source)
        case str() | Path():
            return read_run(Path(source))
    raise ConfigError(
        f"expected a run folder or the result of a search, got {described(source)}",
        hint="nas.search returns one, and `nas search` writes the other.",
    )


def trial_rows(run: RecordedRun) -> list[dict[str, Any]]:
    """A row for each scored trial, with its figures, its objectives and its longest training."""
    return [_trial_row(run, trial) for trial in run.scored]


def training_row(run: RecordedRun, training: Training) -> dict[str, Any]:
    """The facts of a training by name."""
    return {
        "network": run.label(training.hash),
        "epochs": training.epochs,
        "trained": training.val_accuracy,
        "role": run.roles.get(training.hash, CANDIDATE),
    }


def thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most about a thousand rows, evenly; trained networks always stay."""
    step = -(-len(rows) // _MOST) or 1
    return [row for place, row in enumerate(rows) if place % step == 0 or row[TRAINED] is not None]


def _trial_row(run: RecordedRun, trial: FrozenTrial) -> dict[str, Any]:
    hash_ = trial.user_attrs["hash"]
    training = run.longest.get(hash_)
    objectives = zip(run.objectives, trial.values, strict=True)
    group = MUTANT if is_mutant(trial) else CANDIDATE if training is None else CHOSEN
    return {
        "trial": f"#{trial.number}",
        "number": trial.number,
        **{name: trial.user_attrs[name] for name in ("params", "macs")},
        **{objective.name: value for objective, value in objectives},
        TRAINED: None if training is None else training.val_accuracy,
        "epochs": None if training is None else training.epochs,
        "role": run.roles.get(hash_, CANDIDATE),
        "group": group,
    }

"""Finished and unfinished runs, read from their folders."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from nas.errors import StudyError
from nas.study.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path


def read_result(run: Path) -> dict[str, Any]:
    """What a finished run has found.

    Raises:
        StudyError: The folder holds no run, or one that has not finished.
    """
    folder = RunFolder(run)
    if folder.read_run() is None:
        raise StudyError(f"no run in {str(run)!r}", hint="`nas search --out` makes one.")
    if not folder.result.exists():
        raise StudyError(
            f"the run in {str(run)!r} has not finished",
            hint="Repeat its command to go on; `nas trials` shows what it has so far.",
        )
    result: dict[str, Any] = json.loads(folder.result.read_text())
    return result


def read_trials(run: Path) -> list[dict[str, str]]:
    """One row for each trial of a run so far, in order.

    Raises:
        StudyError: The folder holds no run with trials.
    """
    folder = RunFolder(run)
    if not folder.trials.exists():
        raise StudyError(
            f"no trials in {str(run)!r}", hint="Name the folder given to `nas search --out`."
        )
    with folder.trials.open(newline="") as file:
        return list(csv.DictReader(file))

"""Finished and unfinished runs, read from their folders."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from cli.architecture import there
from nas.errors import StudyError
from nas.files import read_json
from nas.study.run_folder import RunFolder


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
    try:
        result = read_json(folder.result, dict, lambda why: _damaged(folder.result, why))
        files = {name: _inside(Path(path), run, result) for name, path in result["files"].items()}
        return {**result, "run": str(run), "files": files}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder.result, f"{type(error).__name__}: {error}") from None


def read_settings(run: Path) -> dict[str, str]:
    """Space, data set and weights of a run as options take them; empty for what is no run.

    Raises:
        StudyError: The folder holds a run that cannot be read.
    """
    folder = RunFolder(run)
    if not there(folder.run, Path.is_file):
        return {}
    identity = folder.read_identity() or {}
    try:
        sizes = {**identity["space"]}
        name, task = sizes.pop("name"), sizes.pop("task")
        sizes["resolution"] = task["resolution"]
        given = ",".join(f"{size}={value}" for size, value in sizes.items() if value is not None)
        weights = str(identity["weights"]["name"])
        own = run / weights  # of `--weights train`
        return {
            "space": f"{name}:{given}",
            "dataset": str(identity["dataset"]["name"]),
            "weights": str(own) if own.is_dir() else weights,
        }
    except (KeyError, TypeError) as error:
        raise _damaged(folder.run, f"{type(error).__name__}: {error}") from None


def _inside(path: Path, run: Path, result: dict[str, Any]) -> str:
    """The path of a file of the run, which may have been moved since."""
    recorded = Path(result["run"])
    return str(run / path.relative_to(recorded)) if path.is_relative_to(recorded) else str(path)


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
    try:
        with folder.trials.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, strict=True))
            missing = {"number", "score", "architecture"}.difference(*rows[:1])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _damaged(folder.trials, str(error)) from None
    if rows and missing:
        raise _damaged(folder.trials, f"it has no column {min(missing)!r}")
    return rows


def _damaged(file: Path, why: str) -> StudyError:
    return StudyError(
        f"{str(file)!r} is damaged: {why}",
        hint="Repeat the command of the run, which writes it again.",
    )

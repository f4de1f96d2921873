"""Finished and unfinished runs, read from their folders."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, NasError, StudyError
from nas.files import read_json, there
from nas.metric import METRICS
from nas.study.record.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Collection

    from nas.metric import Metric
    from nas.task.task import Task

SETTINGS = ("space", "dataset", "weights")
_TEXTS = ("outcome", "hash", "architecture", "reason")
"""Columns of the table of trials that hold no numbers."""
_PLAIN = re.compile(r"\w[\w.-]*")
"""The name of a folder that lies in the run."""
_SIZE = re.compile(r"[\w.+-]*")
"""The value of a macro size: neither a path nor another size."""


def read_result(run: Path) -> dict[str, Any]:
    """The result of a finished run.

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


def read_settings(run: Path, wanted: Collection[str] = SETTINGS) -> dict[str, str]:
    """Space, data set and weights of a run as values of options; empty if there is no run.

    A run folder may be untrusted. So a recorded setting is used only if it is a registered name
    or the weights in the run: it can name neither code to execute nor other files to read.

    Args:
        run: The folder.
        wanted: Which of the three to read.

    Raises:
        ConfigError: A setting is not a registered name, so that the user must give it.
        StudyError: The folder holds a run that cannot be read.
    """
    folder = RunFolder(run)
    if not there(folder.run, Path.is_file):
        return {}
    identity = folder.read_identity() or {}
    read = {"space": _space, "dataset": _dataset, "weights": _weights}
    try:
        return {setting: read[setting](identity[setting], run) for setting in wanted}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder.run, f"{type(error).__name__}: {error}") from None


def _space(recorded: dict[str, Any], run: Path) -> str:
    from search_spaces.registry import SPACES

    sizes = {**recorded}
    name, task = sizes.pop("name"), sizes.pop("task")
    if name not in SPACES:
        stem, _, function = str(name).rpartition("-")  # cli.space names custom spaces in this way
        like = f", such as {stem or name}.py:{function if stem else 'build'}"
        option = "--space FILE.py:NAME" + (like if _PLAIN.fullmatch(str(name)) else "")
        raise _not_registered(run, "space", name, option, "nas spaces")
    sizes["resolution"] = task["resolution"] or None  # a graph has none
    given = {size: value for size, value in sizes.items() if value is not None}
    for size, value in given.items():
        plain = isinstance(value, str | int | float) and _SIZE.fullmatch(str(value))
        if not (plain and size.isidentifier()):
            raise ValueError(f"{size} is {value!r}")
    return f"{name}:{','.join(f'{size}={value}' for size, value in given.items())}"


def _dataset(recorded: dict[str, Any], run: Path) -> str:
    from nas.data.catalog import DATASETS

    name = str(recorded["name"])
    if name not in DATASETS:
        raise _not_registered(run, "data set", name, "--dataset PATH", "nas datasets")
    return name


def _weights(recorded: dict[str, Any], run: Path) -> str:
    """The directory of the weights: trained in the run, or shipped under this name."""
    from hypernets.cards import shipped

    name = str(recorded["name"])
    if _PLAIN.fullmatch(name) and there(run / name, Path.is_dir):
        return str(run / name)
    known = shipped()
    if name not in known:
        raise _not_registered(run, "hypernetwork", name, "--weights DIR", "nas hypernets")
    return str(known.get(name))


def _not_registered(run: Path, kind: str, name: str, option: str, listing: str) -> ConfigError:
    return ConfigError(
        f"the run in {str(run)!r} has recorded {kind} {name!r}, which `{listing}` does not list; "
        "files must be named on the command line",
        hint=f"If you trust it, name it as in the `nas search` of the run: {option}.",
    )


def _inside(path: Path, run: Path, result: dict[str, Any]) -> str:
    """The path of a file of the run, also after the run was moved."""
    recorded = Path(result["run"])
    return str(run / path.relative_to(recorded)) if path.is_relative_to(recorded) else str(path)


def metric_of(run: Path) -> Metric:
    """The metric of a run; that of image classification where its kind is not on record."""
    space = (RunFolder(run).read_identity() or {}).get("space")
    task = space.get("task") if isinstance(space, dict) else None
    name = str(task.get("kind")) if isinstance(task, dict) else ""
    return METRICS.get(name, METRICS["image-classification"])


def read_task(run: Path) -> Task:
    """The task of the networks of a run.

    Raises:
        StudyError: The folder holds no run, or one that is damaged.
    """
    from nas.task.task import Task

    folder = RunFolder(run)
    identity = folder.read_identity()
    if identity is None:
        raise StudyError(f"no run in {str(run)!r}", hint="`nas search --out` makes one.")
    try:
        return Task(**identity["space"]["task"])
    except (KeyError, TypeError, NasError) as error:
        raise _damaged(folder.run, f"{type(error).__name__}: {error}") from None


def objectives_of(run: Path) -> list[str]:
    """The names of the objectives of a run."""
    identity = RunFolder(run).read_identity() or {}
    return [str(text).partition(":")[0] for text in identity.get("objectives", ())]


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


def typed(key: str, value: str) -> object:
    """An entry of the table of trials as it was before it was written; None where it is empty."""
    if value == "":
        return None
    if key in _TEXTS:
        return value
    return int(value) if value.lstrip("-").isdigit() else float(value)


def _damaged(file: Path, why: str) -> StudyError:
    return StudyError(
        f"{str(file)!r} is damaged: {why}",
        hint="Repeat the command of the run, which writes it again.",
    )

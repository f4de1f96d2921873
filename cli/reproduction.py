"""The command line that repeats a search, from its recorded settings."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cli.runs import read_settings
from nas.errors import ConfigError
from nas.evaluate.untrained import UNTRAINED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.study.record.recorded_run import RecordedRun

_OPTIONS = {
    "n_trials": "--n-trials",
    "sampler": "--sampler",
    "finalists": "--finalists",
    "finalist_epochs": "--finalist-epochs",
    "founders": "--founders",
    "max_epochs": "--max-epochs",
    "reduction": "--reduction-factor",
    "budget": "--budget",
    "train_seconds": "--train-seconds",
    "splits": "--splits",
    "recipe": "--recipe",
    "init": "--init",
    "timeout": "--timeout",
    "study_name": "--study-name",
    "seed": "--seed",
}
"""Options by the name of their setting; each is left out where it is not set."""


def command_of(path: Path, run: RecordedRun) -> str:
    """``nas search`` with all settings on record, an option on each line.

    Of the user's own files (a custom space, a folder of images, a hypernetwork, baselines) only
    names are on record, so placeholders in capitals stand for them.

    Args:
        path: The run folder.
        run: Its record.
    """
    return " \\\n  ".join(["nas search", *map(shlex.join, _options(path, run))])


def _options(path: Path, run: RecordedRun) -> Iterator[tuple[str, str]]:
    identity, settings = run.identity, run.configuration
    yield ("--space", _registered(path, "space") or "FILE.py:NAME")
    yield ("--dataset", _registered(path, "dataset") or "PATH")
    yield ("--weights", _weights(path, identity["weights"]["name"]))
    for objective in identity["objectives"]:
        yield ("--objective", objective)
    for constraint in identity["constraints"]:
        yield ("--constraint", constraint)
    for rival in () if run.result is None else run.result.rivals:
        if rival.kind == "baseline":
            yield ("--baseline", "MODEL")
    yield ("--images", str(identity["scoring"]["images"]))
    for name, option in _OPTIONS.items():
        value = settings.get(name)
        if value is None or (name == "finalists" and settings.get("budget")):
            continue  # a budget sets the number of finalists
        yield (option, f"{value:g}" if isinstance(value, float) else str(value))
    if "://" in str(settings.get("storage")):
        yield ("--storage", "URL")


def _registered(path: Path, setting: str) -> str | None:
    """A recorded setting as the value of its option; None if it is not a registered name."""
    try:
        return read_settings(path, (setting,))[setting]
    except ConfigError:
        return None


def _weights(path: Path, name: str) -> str:
    if name == UNTRAINED:
        return name
    from hypernets.cards import shipped

    if name in shipped():
        return name
    return "train" if (path / name).is_dir() else "DIR"

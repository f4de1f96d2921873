"""Short names of architectures: ``RUN#78`` by the trial in a run, ``RUN#1a2b3c`` by the hash."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cli.runs import read_trials
from nas.errors import StudyError, UnknownNameError, counted
from nas.files import there

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM = re.compile(r"(?P<run>.+)#(?P<name>[0-9a-f]+)")
_FEWEST = 6
"""Characters of a hash."""


def split_name(text: str) -> tuple[Path, str] | None:
    """The run and the name in it; None for a text of another form, and for a path that exists."""
    form = _FORM.fullmatch(text)
    if form is None or there(Path(text), Path.exists):
        return None
    return Path(form["run"]), form["name"]


def run_of(text: str) -> Path:
    """The run of a short name, or the text as a path."""
    named = split_name(text)
    return Path(text) if named is None else named[0]


def find_trial(run: Path, name: str) -> Mapping[str, str]:
    """The row of ``trials.csv`` of an architecture.

    Args:
        run: The run folder.
        name: Number of the trial (``78``, ``#78``), or the first characters of the hash.

    Raises:
        StudyError: The folder holds no run with trials.
        UnknownNameError: There is no such trial, or there are several.
    """
    given, rows = name.removeprefix("#"), read_trials(run)
    by_number = [row for row in rows if row["number"] == given]
    if by_number:
        return by_number[0]
    listed = f"`nas trials {run} --top 0` lists them."
    if given.isdigit() and len(given) < _FEWEST:
        raise UnknownNameError(
            f"the run in {str(run)!r} has no trial {given}; it has {counted(len(rows), 'trial')}",
            hint=listed,
        )
    if len(given) < _FEWEST:
        raise UnknownNameError(
            f"expected the number of a trial or at least {_FEWEST} characters of a hash, got "
            f"{given!r}",
            hint=listed,
        )
    found = {row["hash"]: row for row in reversed(rows) if row.get("hash", "").startswith(given)}
    if len(found) != 1:
        which = (
            f"{len(found)} architectures whose hashes begin" if found else "no hash that begins"
        )
        raise UnknownNameError(f"the run in {str(run)!r} has {which} with {given!r}", hint=listed)
    return next(iter(found.values()))


def notation_of(run: Path, name: str) -> str:
    """The architecture of a short name, in the notation of the space of the run.

    Raises:
        StudyError: The folder holds no run with trials, or the trial could not be built.
        UnknownNameError: There is no such trial, or there are several.
    """
    row = find_trial(run, name)
    if row["outcome"] == "failed":
        raise StudyError(
            f"trial {row['number']} of the run in {str(run)!r} failed: {row['reason']}",
            hint=f"`nas trials {run}` lists what was scored.",
        )
    return row["architecture"]

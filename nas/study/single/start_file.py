"""What the start of a training did, in a file beside its model."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from nas.errors import StudyError
from nas.files import read_json, write_json
from nas.training.starts.card import LayerStart, StartCard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = "start.json"
_FORMAT = "nas-start"


def write_start(directory: Path, card: StartCard, choice: Mapping[str, Any] | None) -> None:
    """Write what a start did, and, where a measurement chose it, the identity of the choice."""
    chosen = {} if choice is None else {"choice": dict(choice)}
    write_json(directory / _FILE, {"format": _FORMAT, **asdict(card), **chosen})


def read_start(directory: Path, how: str) -> StartCard:
    """What the start of this name did; without layers if that is not on record.

    Raises:
        StudyError: The file is damaged.
    """
    found = _read(directory)
    if found.get("start") != how:
        return StartCard(start=how)
    try:
        layers = tuple(LayerStart(**layer) for layer in found["layers"])
        card = StartCard(how, layers, float(found["seconds"]), float(found["steps"]))
        return replace(card, notes=tuple(found["notes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(directory / _FILE, repr(error)) from None


def chosen_before(directory: Path, choice: Mapping[str, Any]) -> str | None:
    """The start that the same measurement chose before, if there is one.

    Raises:
        StudyError: The file is damaged.
    """
    found = _read(directory)
    return found.get("start") if found.get("choice") == choice else None


def _read(directory: Path) -> dict[str, Any]:
    file = directory / _FILE
    if not file.exists():
        return {}
    return dict(read_json(file, dict, lambda why: _damaged(file, why)))


def _damaged(file: Path, why: str) -> StudyError:
    return StudyError(f"{str(file)!r} is damaged: {why}", hint="Delete it.")

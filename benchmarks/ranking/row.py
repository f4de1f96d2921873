"""One score of a sample of architectures, kept on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one score says of the first architectures of a sample, and what that cost.

    Attributes:
        score: What is measured.
        weights: With which weights; a dash where none are needed.
        values: One for each architecture, higher better, None where it failed.
        steps: Optimiser steps behind the weights: of all together, or of each where each is
            trained alone.
        training_seconds: Spent once.
        cell_seconds: Spent on each network.
    """

    score: str
    weights: str = "–"
    values: Sequence[float | None]
    steps: int = 0
    training_seconds: float = 0.0
    cell_seconds: float


def kept(file: Path, make: Callable[[], list[Row]]) -> list[Row]:
    """The rows in a file, made and written there first if there is none."""
    if not file.exists():
        write_json(file, {"rows": [asdict(row) for row in make()]})
    return [Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))["rows"]]

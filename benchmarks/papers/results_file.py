"""Results of finished trainings, kept in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable

Row: TypeAlias = dict[str, float | None]

FOLDER = Path(__file__).parent / "results"


class ResultsFile:
    """A table of named rows; a row that the file holds is not measured again.

    Args:
        path: The file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[str, Row] = {}
        if path.exists():
            self.rows = json.loads(path.read_text(encoding="utf-8"))

    def row(self, name: str, measure: Callable[..., Row], *given: Any) -> Row:
        """The row of this name, measured with what is given and written if it is new."""
        if name not in self.rows:
            self.rows[name] = measure(*given)
            write_json(self._path, self.rows)
            print(f"{name}: {self.rows[name]}", flush=True)
        return self.rows[name]

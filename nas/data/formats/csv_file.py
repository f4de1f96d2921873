"""The cells of a CSV file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_DELIMITERS = ",;\t"


def read_csv(file: Path, hint: str) -> tuple[list[str], dict[int, list[str]]]:
    """Names of the columns, and the cells of each row by the number of its line.

    Cells are stripped, and empty lines are left out. The delimiter is the most frequent one of
    comma, semicolon and tab in the first line.

    Args:
        file: The file, in UTF-8.
        hint: What the file should be, for messages.

    Raises:
        DataError: It is empty or no CSV file, or a row has another number of cells.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            first = lines.readline()
            lines.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            reader = csv.reader(lines, delimiter=delimiter)
            head = [name.strip() for name in next(reader, [])]
            numbered = ((reader.line_num, row) for row in reader if row)
            rows = {line: [cell.strip() for cell in row] for line, row in numbered}
    except (OSError, ValueError, csv.Error) as error:  # no file, no UTF-8, no CSV
        raise DataError(f"cannot read {str(file)!r}: {error}", hint=hint) from None
    if not rows:
        raise DataError(f"{str(file)!r} has no rows", hint=hint)
    for line, row in rows.items():
        if len(row) != len(head):
            raise DataError(
                f"line {line} of {str(file)!r} has {len(row)} cells, expected {len(head)}",
                hint=hint,
            )
    return head, rows

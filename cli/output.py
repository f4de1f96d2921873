"""The output of commands: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from cli.interruption import Interruption

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nas.events import Event, Listener
    from nas.metric import Metric

RESULTS = "cli.output.results"
"""Key of the context for the stream of results, if user code must not write there."""

_PUNCTUATION = str.maketrans("", "", ",.-%± ")
"""What a number may hold beside its digits."""


def emit_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON document on stdout; paths are text, non-finite numbers null."""
    context = click.get_current_context(silent=True)
    results = context.meta.get(RESULTS) if context else None
    click.echo(json.dumps(_plain(document), indent=2, allow_nan=False), file=results)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def listener(*, quiet: bool) -> Listener:
    """The listener that shows events: on a live display, as plain lines, or not at all.

    Every loop reports its progress, so this listener raises a Ctrl-C that was lost.
    """
    from nas.events import Advanced, StageStarted, ignore

    shown: Listener = ignore
    if not quiet:
        from cli.progress import Display

        shown = Display()
    interruption = click.get_current_context().ensure_object(Interruption)

    def receive(event: Event) -> None:
        if isinstance(event, Advanced | StageStarted):
            interruption.check()
        shown(event)

    return receive


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stdout; long lines are cut on a terminal only."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    numeric = [
        bool(cells) and all(_is_number(row[index]) for row in cells)
        for index in range(len(columns))
    ]
    for row in (columns, *cells):
        line = "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        click.echo(_cut(line.rstrip()))


def printable(text: str) -> str:
    """The text with control characters escaped, as names in files could control a terminal."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _cut(line: str) -> str:
    line = printable(line)
    if not sys.stdout.isatty():
        return line
    room = get_terminal_size().columns
    return line if len(line) <= room else f"{line[: room - 1]}…"


def _is_number(cell: str) -> bool:
    if cell == "–":
        return True
    return cell.removeprefix("#").translate(_PUNCTUATION).isdigit()


def pairs(entries: Mapping[str, object], *, cut: Collection[str] = ()) -> None:
    """Print one ``name  value`` per line, with names padded to the longest.

    Args:
        entries: Values by name.
        cut: Names whose lines are cut on a terminal, as in a table.
    """
    width = max(map(len, entries))
    for name, value in entries.items():
        line = f"{name.ljust(width)}  {value}"
        click.echo(_cut(line) if name in cut else printable(line))


def percent(share: float | None) -> str:
    """``0.9731`` as ``97.31%``."""
    return "–" if share is None else f"{100 * share:.2f}%"


def quality(value: float | None, kind: Metric, samples: int | None = None) -> str:
    """A value of the metric of a kind of task: ``97.31%``, or ``97.31% ± 0.84``.

    Args:
        value: None where it is not known.
        kind: The metric.
        samples: Number of samples it was measured on; with it the standard error is shown.
    """
    return "–" if value is None else kind.shown(value, samples)


def count(number: float) -> str:
    """``3349342`` as ``3,349,342``."""
    return f"{number:,.0f}"

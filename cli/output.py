"""What commands print: results on stdout, progress on stderr."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nas.events import Listener


def emit_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON document on stdout; paths as text, non-finite numbers as null."""
    click.echo(json.dumps(_plain(document), indent=2, allow_nan=False))


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
    """What shows events: a live display on a terminal, plain lines elsewhere, or nothing."""
    from nas.events import ignore

    if quiet:
        return ignore
    from cli.progress import Display

    return Display()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table on stdout, cells cut only where the terminal is too narrow."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if Console().is_terminal else 160)
    view = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
    cells = [[str(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in cells)
        view.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        view.add_row(*row)
    console.print(view, markup=False)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").replace("-", "").replace("%", "").isdigit()


def pairs(entries: Mapping[str, object]) -> None:
    """One ``name  value`` on a line, names padded to the longest."""
    width = max(map(len, entries))
    for name, value in entries.items():
        click.echo(f"{name.ljust(width)}  {value}")


def percent(share: float | None) -> str:
    """``0.9731`` as ``97.31%``."""
    return "–" if share is None else f"{100 * share:.2f}%"


def count(number: float) -> str:
    """``3349342`` as ``3,349,342``."""
    return f"{number:,.0f}"

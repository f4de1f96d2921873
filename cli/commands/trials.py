"""``nas trials RUN``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = ("outcome", "hash", "architecture", "reason")


@click.command("trials")
@click.argument("run", type=options.Place())
@click.option("--top", default=20, show_default=True, help="Rows to show; 0 shows all.")
@options.common
def command(run: Path, top: int, as_json: bool, quiet: bool) -> None:
    """The candidates of a run by score; with --json all of them in order."""
    from cli.output import count, emit_json, quality, table
    from cli.runs import metric_of, read_trials
    from nas.errors import counted

    rows = read_trials(run)
    if as_json:
        emit_json([{key: _typed(key, value) for key, value in row.items()} for row in rows])
        return
    scored = [row for row in rows if row["loss"] and not row["duplicate_of"]]
    scored.sort(key=lambda row: float(row["score"]), reverse=True)
    shown = scored[:top] if top else scored
    kind = metric_of(run)
    table(
        ("trial", "score", kind.metric, "loss", "params", "MACs", "architecture"),
        [
            (
                row["number"],
                f"{float(row['score']):.3f}",
                quality(float(row["accuracy"]), kind),
                f"{float(row['loss']):.3f}",
                count(float(row["params"])),
                count(float(row["macs"])),
                row["architecture"],
            )
            for row in shown
        ],
    )
    click.echo(
        f"\n{len(shown)} of {counted(len(scored), 'scored candidate')}, "
        f"{counted(len(rows), 'trial')}"
    )


def _typed(key: str, value: str) -> object:
    if value == "":
        return None
    if key in _TEXTS:
        return value
    return int(value) if value.lstrip("-").isdigit() else float(value)

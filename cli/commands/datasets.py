"""``nas datasets [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


@click.command(
    "datasets",
    epilog=options.examples(
        "nas datasets",
        "nas datasets path/to/images --resolution 64",
    ),
)
@click.argument("name", required=False)
@click.option("--data-dir", type=options.Place(), help="Folder of the files of named data sets.")
@options.resolution
@options.val_fraction
@options.common
def command(
    name: str | None,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """List the data sets, or show the contents of one, by its name or path."""
    from cli.output import emit_json, table
    from nas.data.catalog import DATASETS, load
    from nas.data.formats.registry import FORMATS

    if name:
        data = load(name, data_dir=data_dir, resolution=resolution, val_fraction=val_fraction)
        _show(data, as_json=as_json)
        return
    entries = {entry: DATASETS.get(entry) for entry in DATASETS}
    if as_json:
        emit_json(
            [
                {"name": key, "description": entry.description, "source": entry.source}
                for key, entry in entries.items()
            ]
        )
        return
    table(("data set", "description"), [(key, e.description) for key, e in entries.items()])
    click.echo("\nThe path of your own data works as well:")
    for entry in FORMATS:
        click.echo(f"  {entry.description}")


def _show(data: Dataset, *, as_json: bool) -> None:
    """Show one data set: its sizes, the number of samples of each class, and notes."""
    from dataclasses import asdict

    from cli.output import emit_json, pairs, table
    from nas.report.data_set import SPLITS, balance, by_class, facts, found_facts

    rows = by_class(data)
    if as_json:
        emit_json(
            {
                **facts(data),
                "balance": balance(data),
                "found": data.found and asdict(data.found),
                "by_class": rows,
                "skipped": dict(data.skipped),
                "notes": data.notes,
            }
        )
        return
    pairs({**facts(data), **found_facts(data)})
    if rows:
        click.echo()
        table(("class", *SPLITS), [tuple(row.values()) for row in rows])
    for note in data.notes:
        click.echo(f"\n{note}")

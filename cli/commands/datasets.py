"""``nas datasets [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path


@click.command("datasets")
@click.argument("name", required=False)
@click.option("--data-dir", type=options.Place(), help="Where the files of named data sets lie.")
@options.common
def command(name: str | None, data_dir: Path | None, as_json: bool, quiet: bool) -> None:
    """The data sets, or one of them (by name or path) as it is read."""
    from cli.output import emit_json, pairs, table
    from nas.data.catalog import DATASETS, load

    if name:
        data = load(name, data_dir=data_dir)
        task = data.task
        sizes = {name: getattr(task, name) for name in ("channels", "resolution", "features")}
        facts = {
            "name": data.name,
            "classes": task.classes,
            **{name: size for name, size in sizes.items() if size},
            "train": len(data.train),
            "val": len(data.val),
            "test": len(data.test),
            "fingerprint": data.fingerprint,
        }
        emit_json(facts) if as_json else pairs(facts)
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
    table(("data set", "what it is"), [(key, e.description) for key, e in entries.items()])
    click.echo(
        "\nAny folder or archive (.tar, .zip) of images in class folders works by its path."
    )

"""``nas datasets [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


@click.command("datasets")
@click.argument("name", required=False)
@click.option("--data-dir", type=options.Place(), help="Where the files of named data sets lie.")
@options.common
def command(name: str | None, data_dir: Path | None, as_json: bool, quiet: bool) -> None:
    """The data sets, or one of them (by name or path) as it is read."""
    from cli.output import emit_json, table
    from nas.data.catalog import DATASETS, load

    if name:
        data = load(name, data_dir=data_dir)
        task = data.task
        sizes = {name: getattr(task, name) for name in ("channels", "resolution", "features")}
        facts: dict[str, Any] = {
            "name": data.name,
            "classes": task.classes,
            **{name: size for name, size in sizes.items() if size},
            "train": len(data.train),
            "val": len(data.val),
            "test": len(data.test),
            "fingerprint": data.fingerprint,
        }
        _show(data, facts, as_json=as_json)
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


def _show(data: Dataset, facts: dict[str, Any], *, as_json: bool) -> None:
    """One data set: its sizes, how many samples each class has, and what should be known."""
    from cli.output import emit_json, pairs, table

    names = data.class_names or tuple(map(str, range(data.task.classes)))
    splits = {"train": data.train, "val": data.val, "test": data.test}
    counts = {
        split: [int((samples.labels == label).sum()) for label in range(len(names))]
        for split, samples in splits.items()
    }
    if as_json:
        by_class = [
            {"name": name, **{split: counts[split][label] for split in counts}}
            for label, name in enumerate(names)
        ]
        emit_json(
            {**facts, "by_class": by_class, "skipped": dict(data.skipped), "notes": data.notes}
        )
        return
    pairs(facts)
    click.echo()
    table(("class", *counts), list(zip(names, *counts.values(), strict=True)))
    for note in data.notes:
        click.echo(f"\n{note}")

"""``nas datasets [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


SPLITS = ("train", "val", "test")


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
            **_outputs(data),
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

    by_class = _by_class(data)
    if as_json:
        emit_json(
            {**facts, "by_class": by_class, "skipped": dict(data.skipped), "notes": data.notes}
        )
        return
    pairs(facts)
    if by_class:
        click.echo()
        table(("class", *SPLITS), [tuple(row.values()) for row in by_class])
    for note in data.notes:
        click.echo(f"\n{note}")


def _outputs(data: Dataset) -> dict[str, Any]:
    """The number of classes, or the names of the targets of a regression."""
    if data.targets is None:
        return {"classes": data.task.classes}
    return {"targets": ", ".join(data.targets.names)}


def _by_class(data: Dataset) -> list[dict[str, Any]]:
    """How many samples each class has in each split; empty for a regression."""
    if data.targets is not None:
        return []
    names = data.class_names or tuple(map(str, range(data.task.classes)))
    splits = dict(zip(SPLITS, (data.train, data.val, data.test), strict=True))
    return [
        {"name": name}
        | {split: int((samples.labels == label).sum()) for split, samples in splits.items()}
        for label, name in enumerate(names)
    ]

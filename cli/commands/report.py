"""``nas report RUN``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace


@click.command(
    "report",
    epilog=options.examples(
        "nas report runs/resnet-cluttered-digits",
        "nas report runs/resnet-mine --dataset path/to/images --out mine.html",
    ),
)
@click.argument("run", type=options.Place())
@click.option("--out", type=options.Place(), help="The file to write (default: RUN/report.html).")
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    type=options.Name(),
    help="Data set of the search, for the mistakes of the best model (default: the recorded one "
    "if its name is registered).",
)
@options.data_dir
@options.resolution
@options.val_fraction
@click.option(
    "--space",
    metavar="FILE.py:NAME",
    type=options.Name(),
    help="Your own space, if the run has one; needed for drawings.",
)
@options.storage_of_run
@options.common
def command(
    run: Path,
    out: Path | None,
    dataset: str | None,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    space: str | None,
    storage: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a report on a search, finished or not: one HTML file that needs no network.

    It holds the verdict, the trade-off of the objectives, the course of the search, how far its
    ranking can be trusted, what random search would have given, all trainings, drawings, costs,
    the data set, the mistakes of the best model, and how to repeat the search.
    """
    from cli.output import emit_json, listener
    from cli.reproduction import command_of
    from cli.setup import alone, out_file
    from nas.data.catalog import load
    from nas.files import write_text
    from nas.plots.extra import check_installed
    from nas.study.record.recorded_run import read_run

    check_installed()
    from nas.report.page import Material, page

    record = read_run(run, storage)
    target = out_file(out or run / "report.html")
    data, without = None, ""
    if dataset is None:
        data, without = _recorded_data(run, data_dir, listener(quiet=quiet))
    else:
        data = load(
            dataset,
            data_dir=data_dir,
            resolution=resolution,
            val_fraction=val_fraction,
            seed=0,
            listen=listener(quiet=quiet),
        )
    material = Material(
        run=record,
        space=_space(run, space),
        data=data,
        without_data=without,
        command=command_of(run, record),
    )
    with alone(target):
        write_text(target, page(material))
    if as_json:
        emit_json({"run": run, "report": target, "bytes": target.stat().st_size})
    else:
        click.echo(target)


def _recorded_data(
    run: Path, data_dir: Path | None, listen: Listener
) -> tuple[Dataset | None, str]:
    """The data set on record, or a sentence on how to name it."""
    from cli.runs import read_settings
    from nas.data.catalog import load
    from nas.errors import ConfigError, DataError

    try:
        name = read_settings(run, ("dataset",))["dataset"]
        return load(name, data_dir=data_dir, seed=0, listen=listen), ""
    except ConfigError:
        how = "with --dataset PATH (and --resolution and --val-fraction as in the search)"
    except DataError as error:
        how = f"with --data-dir DIR: {error.message}"
    return None, f"The mistakes need the data set of the search; name it to `nas report` {how}."


def _space(run: Path, space: str | None) -> SearchSpace | None:
    """The space of the run; None if it is the user's own and not given."""
    from cli.runs import read_settings, read_task
    from cli.space import find_space
    from nas.errors import ConfigError

    task = read_task(run)
    if space is not None:
        return find_space(space, task)
    try:
        return find_space(read_settings(run, ("space",))["space"], task)
    except ConfigError:
        return None

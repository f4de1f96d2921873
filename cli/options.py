"""Options several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _read_config(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Take the file's keys as defaults, so that the command line wins."""
    if value is None:
        return
    from difflib import get_close_matches

    from nas.config import read_toml

    known = {parameter.name: parameter for parameter in ctx.command.params if parameter.name}
    values = {key.replace("-", "_"): entry for key, entry in read_toml(value).items()}
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f" Did you mean {near[0].replace('_', '-')!r}?" if near else ""
            raise click.UsageError(f"{value}: no option {key.replace('_', '-')!r}.{hint}", ctx)
    ctx.default_map = {**(ctx.default_map or {}), **values}


def common(function: _Function) -> _Function:
    """``--json``, ``--quiet`` and ``--config``."""
    for option in (
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            callback=_read_config,
            is_eager=True,
            expose_value=False,
            help="TOML file with options; the command line wins.",
        ),
        click.option("--quiet", is_flag=True, help="No progress."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ):
        function = option(function)
    return function


def data(function: _Function) -> _Function:
    """``--dataset`` and ``--data-dir``."""
    function = click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        help="Where the files of named data sets lie (default: NAS_DATA_DIR or ./data).",
    )(function)
    return click.option(
        "--dataset", default="digits", show_default=True, help="Name, or path of an image folder."
    )(function)


device = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:<index>."
)
seed = click.option("--seed", default=0, show_default=True, help="Seed of everything drawn.")
space = click.option(
    "--space",
    default="nasnet",
    show_default=True,
    help="Name, optionally with macro sizes (nb201:channels=8,cells=1).",
)
workers = click.option(
    "--workers", type=click.IntRange(1), help="Threads running networks side by side."
)

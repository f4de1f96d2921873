"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])

_BYTES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}

USUAL_SPACE = "resnet"
USUAL_DATA = "cluttered-digits"


class Place(click.Path):
    """A path; an empty text is refused, since it would mean the working directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(_filled(self, value, "a path", param, ctx), param, ctx)


class Name(click.types.StringParamType):
    """A text that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(_filled(self, value, "a name", param, ctx))


class Size(click.types.StringParamType):
    """A number of bytes, such as 500M or 4G, as an integer."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        form = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kKMGT]?)B?", str(value).strip())
        if form is None or float(form[1]) <= 0:
            self.fail(f"expected a size such as 500M or 4G, got {str(value)!r}.", param, ctx)
        return int(float(form[1]) * _BYTES[form[2].upper()])


def _filled(
    kind: click.ParamType[Any],
    value: Any,
    expected: str,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Any:
    if str(value).strip() == "" or "\0" in str(value):
        kind.fail(f"expected {expected}, got {str(value)!r}.", param, ctx)
    return value


def examples(*lines: str) -> str:
    """The end of a command's help: lines to copy."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def _read_config(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Take the keys of a file as defaults; options of the command line take precedence."""
    if value is None:
        return
    from nas.config import read_toml
    from nas.errors import nearest

    known = {
        name.removeprefix("--"): option
        for option in ctx.command.params
        if isinstance(option, click.Option) and option.name not in ("config", "help")
        for name in option.opts
    }
    defaults = dict(ctx.default_map or {})
    for key, entry in read_toml(value).items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            hint = nearest(key.replace("_", "-"), known)
            raise click.UsageError(f"{value}: no option {key!r}. {hint}".rstrip(), ctx)
        assert option.name is not None
        defaults[option.name] = _converted(ctx, option, entry, f"{value}: {key}")
    ctx.default_map = defaults


def _converted(ctx: click.Context, option: click.Option, entry: Any, where: str) -> Any:
    """The value of an option in a file, checked like one of the command line."""
    values = entry if isinstance(entry, list) and option.multiple else [entry]
    kinds: tuple[type, ...] = (str, int, float)
    kind = "a value"
    if option.is_flag:
        kinds, kind = (bool,), "true or false"
    elif isinstance(option.type, click.types.IntParamType):
        kinds, kind = (str, int), "a whole number"
    for single in values:
        if not isinstance(single, kinds) or (isinstance(single, bool) and not option.is_flag):
            raise click.UsageError(f"{where}: expected {kind}, got {single!r}", ctx)
    try:
        return option.type_cast_value(ctx, values if option.multiple else entry)
    except click.BadParameter as error:
        raise click.UsageError(f"{where}: {error.message}", ctx) from None
    except OverflowError:  # infinity as a whole number
        raise click.UsageError(f"{where}: {entry!r} is out of range", ctx) from None


def _results_apart(ctx: click.Context, _: click.Parameter, as_json: bool) -> bool:
    """With ``--json`` reserve stdout for the document; other prints go to stderr."""
    from cli.output import RESULTS
    from cli.standard_streams import results_apart

    if as_json:
        ctx.meta[RESULTS] = ctx.with_resource(results_apart())
    return as_json


def common(function: _Function) -> _Function:
    """``--json``, ``--quiet`` and ``--config``."""
    for option in (
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            callback=_read_config,
            is_eager=True,
            expose_value=False,
            help="TOML file with options; the command line takes precedence.",
        ),
        click.option("--quiet", is_flag=True, help="Show no progress."),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            callback=_results_apart,
            help="Write one JSON document to stdout.",
        ),
    ):
        function = option(function)
    return function


data_dir = click.option(
    "--data-dir",
    type=Place(),
    help="Folder of the files of named data sets (default: NAS_DATA_DIR or ./data).",
)


def data(function: _Function, usual: str = USUAL_DATA) -> _Function:
    """``--dataset`` and ``--data-dir``."""
    function = data_dir(function)
    return click.option(
        "--dataset",
        metavar="NAME|PATH",
        type=Name(),
        default=usual,
        show_default=True,
        help="Name of a data set, or path of your own data (`nas datasets` lists the formats).",
    )(function)


resolution = click.option(
    "--resolution",
    metavar="PIXELS",
    type=click.IntRange(1),
    help="Side to which your own images are resized (default: their own, at most 224).",
)
val_fraction = click.option(
    "--val-fraction",
    metavar="SHARE",
    type=float,
    help="Share of your training images that becomes the ranking split (default: 0.1).",
)
storage_of_run = click.option(
    "--storage",
    metavar="URL",
    help="Optuna storage of the study, if it is not in the run folder.",
)
device = click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="auto, cpu, cuda or cuda:<index>.",
)
seed = click.option(
    "--seed",
    default=0,
    show_default=True,
    help="Seed of all random draws except the splits of the data.",
)
space = click.option(
    "--space",
    metavar="NAME[:SIZES]",
    type=Name(),
    default=USUAL_SPACE,
    show_default=True,
    help="Name, optionally with macro sizes (nb201:channels=8,cells=1), or FILE.py:NAME.",
)
workers = click.option(
    "--workers",
    type=click.IntRange(1),
    help="Networks run in parallel, as threads (default: one per processor; one on CUDA).",
)
processes = click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Processes that score and train side by side, one thread each (default: this process).",
)
memory_per_worker = click.option(
    "--memory-per-worker",
    "memory",
    type=Size(),
    metavar="SIZE",
    help="Data that each of the --workers may hold, such as 4G; a candidate that needs more fails "
    "(default: half of this machine's memory).",
)
executor = click.option(
    "--executor",
    type=click.Choice(["dask"]),
    help="Workers of another program, on many machines, in place of --workers.",
)
scheduler = click.option(
    "--scheduler", metavar="ADDRESS", help="Scheduler of --executor dask: tcp://HOST:PORT."
)
images = click.option(
    "--images", default=384, show_default=True, help="Images of the ranking split for scores."
)
max_epochs = click.option(
    "--max-epochs",
    type=int,
    help="Length of the final training in epochs.  [default: 30; on a graph 300]",
)


recipe = click.option(
    "--recipe",
    type=Name(),
    metavar="NAME|auto",
    default="auto",
    show_default=True,
    help="Settings of trainings: few-images (64 to 999), nodes (of a graph), plain (other data), "
    "long (tens of thousands of images, hours), or auto, by kind and number of samples.",
)


def weights(
    *others: str, default: str = "the shipped one that fits"
) -> Callable[[_Function], _Function]:
    """``--weights``; a command may accept further words, such as ``train`` or ``none``."""
    words = "".join(f", or {other!r}" for other in others)
    return click.option(
        "--weights",
        metavar="|".join(("NAME", "DIR", "FILE", *others)),
        type=Name(),
        help="Hypernetwork: name of a shipped one, its directory, or its file of weights"
        f"{words} (default: {default}).",
    )


def are_defaults(*names: str) -> bool:
    """Whether neither the command line nor ``--config`` gives any of these parameters."""
    from click.core import ParameterSource

    source = click.get_current_context().get_parameter_source
    return all(source(name) is ParameterSource.DEFAULT for name in names)


def of_run(
    ctx: click.Context, run: str, used: Collection[str] = ("space", "dataset", "weights")
) -> tuple[str, str, str | None]:
    """Space, data set and weights for a command on a run or on an architecture of a run.

    Settings that neither the command line nor ``--config`` gives come from the run. Unused
    settings, and all settings without a run, are the defaults of the options.
    """
    from click.core import ParameterSource

    from cli.runs import read_settings
    from cli.short_name import run_of, split_name

    needed = {*used, *(() if split_name(run) is None else ("space",))}  # reads its notation
    not_given = [
        name
        for name in sorted(needed)
        if ctx.get_parameter_source(name) is ParameterSource.DEFAULT
    ]
    settings = {**ctx.params, **read_settings(run_of(run), not_given)}
    return settings["space"], settings["dataset"], settings.get("weights")

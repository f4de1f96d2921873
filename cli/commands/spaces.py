"""``nas spaces [NAME]``, with the subcommand ``nas spaces compare``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from nas.report.choices import Choice
    from nas.report.population import Population, Spread
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

SUBCOMMANDS = ("compare",)
"""Subcommands; no space has one of these names, and each has its own file."""
_WIDTH = 100


class Spaces(click.Command):
    """A command whose first argument may be another command."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if not args or args[0] not in SUBCOMMANDS:
            return super().make_context(info_name, args, parent, **extra)
        command = import_module(f"cli.commands.{args[0]}").command
        assert isinstance(command, click.Command)
        return command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)


@click.command(
    "spaces",
    cls=Spaces,
    epilog=options.examples(
        "nas spaces",
        "nas spaces darts --sample 1000",
    ),
)
@click.argument("name", required=False)
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    type=options.Name(),
    help="Data set of the networks (default: shapes of CIFAR-10, or of Cora for graphs).",
)
@click.option(
    "--data-dir",
    type=options.Place(),
    help="Folder of the files of named data sets (default: NAS_DATA_DIR or ./data).",
)
@click.option("--arch", metavar="ENCODED", help="Architecture to draw (default: a random one).")
@click.option(
    "--sample",
    type=click.IntRange(1),
    help="Draw this many architectures and show the distribution of their cost.",
)
@options.seed
@click.option(
    "--out",
    type=options.Place(),
    help="SVG file for the drawing of the architecture.",
)
@options.common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    name: str | None,
    dataset: str | None,
    data_dir: Path | None,
    arch: str | None,
    sample: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """List the search spaces, or show one: its choices and the drawing of an architecture.

    NAME has the form of --space: nb201:channels=8, my_space.py:build. `nas spaces compare`
    compares two spaces.
    """
    _check_usage(ctx, name)
    if name is None:
        _list(as_json=as_json)
        return
    from cli.space import find_space, task_for
    from nas.data.catalog import load

    task = load(dataset, data_dir=data_dir, seed=0).task if dataset else task_for(name)
    space = find_space(name, task)
    if sample is not None:
        _show_population(space, sample, seed, as_json=as_json)
    else:
        _show(space, arch, seed, out, as_json=as_json)


def _check_usage(ctx: click.Context, name: str | None) -> None:
    names = ("dataset", "arch", "sample", "out")
    given = [key for key in names if ctx.params[key] is not None]
    if given and name is None:
        raise click.UsageError(f"--{given[0]} needs the name of a space", ctx)
    clash = [key for key in given if key in ("arch", "out")]
    if "sample" in given and clash:
        raise click.UsageError(
            f"--sample draws many architectures, --{clash[0]} shows one: give one option", ctx
        )


def _list(*, as_json: bool) -> None:
    from cli.output import emit_json, table

    spaces = list(_listing().values())
    if as_json:
        emit_json(spaces)
        return
    columns = ("space", "architectures", "description")
    table(columns, [(s["name"], _size(s["architectures"]), s["description"]) for s in spaces])


def _listing() -> dict[str, Any]:
    """The facts of all spaces from the file that :mod:`search_spaces.listing` writes."""
    from nas.errors import DataError
    from nas.files import read_json

    package = find_spec("search_spaces")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).with_name("listing.json")
    found: dict[str, Any] = read_json(
        file, dict, lambda why: DataError(f"{str(file)!r} is damaged: {why}")
    )
    return found


def _size(size: int | None) -> str:
    from cli.output import count

    if size is None:
        return "–"
    return count(size) if size < 10**9 else f"{size:.1e}"


def _show(
    space: SearchSpace, arch: str | None, seed: int, out: Path | None, *, as_json: bool
) -> None:
    """Show a space, its choices and one of its architectures."""
    from cli.output import emit_json
    from nas.drawing.text_drawing import draw_text
    from nas.report.choices import choices
    from nas.seeding import rng
    from search_spaces.listing import facts

    found = choices(space, rng(seed, "choices"))
    shown = _one(space, arch, seed)
    if out is not None:
        _draw(shown, out)
    if as_json:
        drawn = _described(shown)
        files = {} if out is None else {"drawing": out}
        listed = [choice.to_json() for choice in found]
        emit_json({**facts(space), "choices": listed, "drawn": drawn, "files": files})
        return
    _print_facts(space)
    _print_choices(found)
    click.echo(f"\n{'the' if arch else 'a random'} architecture: {shown.architecture}\n")
    click.echo(draw_text(shown.network, width=_width()))
    if out is not None:
        click.echo(f"\ndrawn in {out}")


def _one(space: SearchSpace, arch: str | None, seed: int) -> Candidate:
    from cli.architecture import not_in_space
    from nas.errors import EncodingError
    from nas.seeding import rng
    from nas.space.candidate import candidate, sample

    if arch is None:
        return sample(space, rng(seed, "spaces"))
    try:
        return candidate(space, arch)
    except EncodingError as error:
        raise not_in_space(space, error) from None


def _draw(shown: Candidate, out: Path) -> None:
    from cli.setup import out_file
    from nas.drawing.svg_drawing import draw_svg
    from nas.errors import ConfigError
    from nas.files import write_text

    if out.suffix != ".svg":
        raise ConfigError(
            f"drawings are in SVG, but {str(out)!r} does not end with .svg",
            hint="Name a file like architecture.svg.",
        )
    drawing = draw_svg(shown.network, title=f"{shown.space.name}: {shown.hash[:8]}")
    write_text(out_file(out), drawing)


def _described(shown: Candidate) -> dict[str, Any]:
    from dataclasses import asdict

    from nas.analysis.cost import cost

    graph = shown.network
    return {
        "architecture": shown.architecture,
        "hash": shown.hash,
        "nodes": len(graph.nodes),
        **asdict(cost(graph)),
    }


def _print_facts(space: SearchSpace) -> None:
    from cli.output import pairs
    from search_spaces.listing import facts

    sizes = ", ".join(f"{key}={value}" for key, value in space.macro().items())
    pairs(
        {
            **facts(space),
            "architectures": _size(space.size()),
            "macro": sizes or "–",
        }
    )


def _print_choices(found: list[Choice]) -> None:
    """Print one line for each group of parameters with the same choices; wrap long lines."""
    names = sum(len(choice.names) for choice in found)
    click.echo(f"\n{names} choices:")
    times = [f"{len(choice.names)} ×" if len(choice.names) > 1 else "" for choice in found]
    width, count = (
        max((len(choice.pattern) for choice in found), default=0),
        max(map(len, times), default=0),
    )
    for choice, often in zip(found, times, strict=True):
        head = f"  {choice.pattern.ljust(width)}  {often.rjust(count)}  "
        words = f"(not always) {choice.options}" if choice.conditional else choice.options
        lines = wrap(words, max(_width() - len(head), 30), break_long_words=False)
        click.echo(f"\n{' ' * len(head)}".join([f"{head}{lines[0]}", *lines[1:]]))


def _show_population(space: SearchSpace, count: int, seed: int, *, as_json: bool) -> None:
    from cli.output import emit_json
    from nas.report.population import population
    from nas.seeding import rng

    found = population(space, rng(seed, "population"), count)
    if as_json:
        emit_json(
            {
                "name": space.name,
                "macro": space.macro(),
                "count": found.count,
                "distinct": found.distinct,
                "seconds_per_architecture": found.seconds,
                "distribution": {key: _spread(value) for key, value in found.figures.items()},
            }
        )
    else:
        _print_population(space, found)


def _spread(found: Spread) -> dict[str, Any]:
    from nas.report.population import QUANTILES

    return {
        "mean": found.mean,
        "quantiles": dict(zip(map(str, QUANTILES), found.quantiles, strict=True)),
        "histogram": {"edges": found.edges, "counts": found.counts},
    }


def _print_population(space: SearchSpace, found: Population) -> None:
    from cli.output import count, table
    from nas.drawing.label import short
    from nas.report.population import QUANTILES

    total = sum(found.seconds.values())
    steps = ", ".join(f"{name} {1e3 * spent:.2f}" for name, spent in found.seconds.items())
    click.echo(
        f"{count(found.count)} random architectures of {space.name}, {count(found.distinct)} "
        f"distinct; {1e3 * total:.2f} ms each ({steps})\n"
    )
    heads = ["least", *(f"{q:.0%}" for q in QUANTILES[1:-1]), "most"]
    table(
        ("", *heads, "distribution"),
        [
            (name, *map(short, spread.quantiles), spread.bars)
            for name, spread in found.figures.items()
        ],
    )


def _width() -> int:
    """Number of characters in a line: the width of the terminal, at most 100."""
    return min(get_terminal_size((_WIDTH, 0)).columns, _WIDTH)

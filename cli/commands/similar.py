"""``nas similar``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nas.evaluate.similarity import By
    from nas.graph.graph import Graph
    from nas.metric import Metric
    from nas.study.single.similar import Similar
    from nas.task.task import Task

_REFERENCE = "reference"
_SHOWN = 3
"""Differences in a row of the table; the JSON has all of them."""


@click.command(
    "similar",
    epilog=options.examples(
        "nas similar 'runs/resnet-cluttered-digits#78' --among runs/resnet-cluttered-digits",
        "nas similar found.json --among nasnet --dataset digits",
        "nas similar net.py:Net --among reference --dataset digits",
    ),
)
@click.argument("architecture", metavar="ARCH|MODEL")
@click.option(
    "--among",
    required=True,
    metavar=f"RUN|SPACE|{_REFERENCE}",
    type=options.Name(),
    help="Scored architectures of a run, random ones of a space, or the published networks.",
)
@options.space
@options.data
@options.resolution
@options.weights()
@click.option(
    "--by",
    type=click.Choice(("both", "embedding", "costs")),
    default="both",
    show_default=True,
    help="What distances are measured by: the hypernetwork's embedding, the costs, or both.",
)
@click.option(
    "--count", type=click.IntRange(1), default=10, show_default=True, help="Rows to show."
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="Number of random architectures of a SPACE.",
)
@options.storage_of_run
@options.device
@options.seed
@options.common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    architecture: str,
    among: str,
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    weights: str | None,
    by: By,
    count: int,
    sample: int,
    storage: str | None,
    device: str,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the architectures nearest to one, and what differs in them.

    The architecture is one in the notation of --space (by default that of --among), a graph file
    (architecture.json), a run folder, an architecture of a run (RUN#78), or a Python function that
    makes a torch.nn.Module, as `nas predict` takes it, or torchvision:NAME.

    The same network has distance 0; 1 is as far apart as two of those searched usually are.
    Differences lead from the architecture to the one found: choices if both are of one space, else
    numbers of operations. The nearest network differs half as much in rank of accuracy as random
    ones do (benchmarks/similar), so it is a hint, no promise.

    Space, data set and weights of a run are taken over if they have registered names and no option
    is given.
    """
    from cli.architecture import read_any
    from cli.output import emit_json, listener, pairs
    from cli.setup import use_device
    from cli.space import find_space
    from nas.analysis.cost import cost
    from nas.data.catalog import load
    from nas.errors import StudyError, counted
    from nas.space.candidate import Candidate
    from nas.study.single.similar import similar

    torch_device, _ = use_device(device)
    listen = listener(quiet=quiet)
    is_run = _is_run(among)
    if is_run and not options.are_defaults("sample"):
        raise click.UsageError("--sample is for a space; of a run all architectures are searched")
    if not is_run and storage is not None:
        raise click.UsageError("--storage is for a run; of a space or networks there is no study")
    home, dataset, weights = _settings(ctx, among if is_run else architecture)
    notation = _space_of(ctx, architecture, among, home if is_run else None)
    data = load(dataset, data_dir=data_dir, resolution=resolution, seed=0, listen=listen)
    own = read_any(architecture, notation, data.task)
    searched: Any = Path(among)
    if not is_run:
        searched = _references(data.task) if among == _REFERENCE else find_space(among, data.task)
    near = similar(
        own,
        searched,
        data,
        weights,
        space=find_space(home, data.task) if is_run else None,
        count=count,
        sample=sample,
        by=by,
        storage=storage,
        seed=seed,
        device=str(torch_device),
        listen=listen,
    )
    if not near:  # of a space there is one at least
        raise StudyError(
            f"the run in {among!r} has no scored architecture",
            hint=f"`nas trials {among} --json` lists all trials.",
        )
    network = own.network if isinstance(own, Candidate) else own.simplified
    costs = cost(network)
    if as_json:
        known = {"name": architecture, "hash": network.hash(), **asdict(costs)}
        emit_json(
            {"architecture": known, "by": near[0].by, "nearest": [one.to_dict() for one in near]}
        )
        return
    size = f"{counted(costs.params, 'parameter')}, {counted(costs.macs, 'MAC')}"
    pairs({"architecture": architecture, "size": size}, cut=("architecture",))
    click.echo()
    _show(near, network, among, is_run=is_run, kind=data.task.traits)


def _is_run(among: str) -> bool:
    """Whether a run is searched rather than a space or the published networks.

    Raises:
        StudyError: A path holds no run.
    """
    from nas.errors import StudyError
    from nas.files import there
    from nas.study.record.run_folder import RunFolder
    from search_spaces.registry import SPACES

    path = Path(among)
    if there(RunFolder(path).run, Path.is_file):
        return True
    named = among == _REFERENCE or ".py:" in among or among.partition(":")[0] in SPACES
    if not named and (path.name != among or there(path, Path.exists)):
        raise StudyError(f"no run in {among!r}", hint="`nas search --out` makes one.")
    return False


def _settings(ctx: click.Context, run: str) -> tuple[str, str, str | None]:
    """Space, data set and weights, those of a run where no option gives them."""
    from contextlib import suppress

    from nas.errors import ConfigError

    space, dataset, _ = options.of_run(ctx, run, ("space", "dataset"))
    weights = ctx.params["weights"]
    with suppress(ConfigError):  # any hypernetwork embeds networks, not only that of the run
        weights = options.of_run(ctx, run, ("weights",))[2]
    return space, dataset, weights


def _space_of(ctx: click.Context, architecture: str, among: str, home: str | None) -> str:
    """The space of a notation: given, that of its own run, or the one that is searched."""
    from cli.short_name import split_name

    if split_name(architecture) is None and options.are_defaults("space"):
        if home is not None:
            return home
        if among != _REFERENCE:
            return among
    return options.of_run(ctx, architecture, ())[0]


def _references(task: Task) -> dict[str, Graph]:
    """The published networks that can be built for a task."""
    from contextlib import suppress

    from nas.errors import ConfigError, NasError
    from search_spaces.reference import reference, reference_names

    found = {}
    for name in reference_names():
        with suppress(NasError):  # as images can be too small
            found[name] = reference(name, task)
    if not found:
        raise ConfigError(
            f"no reference network is for {task.traits.sample}s",
            hint="Name a run or a space with --among; `nas spaces` lists the spaces.",
        )
    return found


def _show(
    near: Sequence[Similar], network: Graph, among: str, *, is_run: bool, kind: Metric
) -> None:
    from cli.output import count, quality, table

    columns: dict[str, Callable[[Similar], object]] = {
        "distance": lambda one: f"{one.distance:.3f}"
    }
    if is_run:
        columns |= {
            "trial": lambda one: one.name,
            "score": lambda one: f"{one.score:.3f}",
            "epochs": lambda one: one.epochs or "–",
            f"val {kind.metric}": lambda one: quality(one.val_accuracy, kind),
        }
    elif among == _REFERENCE:
        columns["network"] = lambda one: one.name
    columns |= {
        "params": lambda one: count(one.cost.params),
        "MACs": lambda one: count(one.cost.macs),
        "differences": lambda one: _differences(one, network),
    }
    if not is_run and among != _REFERENCE:
        columns["architecture"] = lambda one: one.architecture
    table(tuple(columns), [[cell(one) for cell in columns.values()] for one in near])
    click.echo("\nthe same network has distance 0; 1 is usual between two of those searched")


def _differences(one: Similar, network: Graph) -> str:
    if one.candidate.network.hash() == network.hash():
        return "the same network"
    if not one.differences:
        return "widths or wiring"
    shown = ", ".join(map(str, one.differences[:_SHOWN]))
    more = len(one.differences) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown

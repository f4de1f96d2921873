"""``nas train``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options, training_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nas.exporting.final_training import FinalTraining, Spread
    from nas.task.kind import TaskKind
    from nas.training.evaluate import ClassAccuracy

_CLASSES = 10
"""Largest number of classes in the table; the JSON has all of them."""


@click.command(
    "train",
    epilog=options.examples(
        "nas train 'runs/resnet-cluttered-digits#78'",
        "nas train found.json --dataset cifar10 --max-epochs 100",
        "nas train found.json --repeats 3 --teacher runs/resnet-cluttered-digits --log csv",
    ),
)
@click.argument("architecture")
@options.space
@options.data
@options.resolution
@options.val_fraction
@click.option(
    "--init",
    type=click.Choice(("auto", "default", "lsuv", "predicted", "predicted-head", "fitted")),
    default="default",
    show_default=True,
    help="Initial weights of the training; auto: fitted to the data where that is surely better "
    "after 100 steps.",
)
@options.weights()
@options.max_epochs
@training_options.training
@options.device
@options.seed
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Threads on the CPU; more are faster on idle processors and slower on busy ones.",
)
@click.option(
    "--out",
    type=options.Place(),
    help="Directory for the model (default: runs/train-HASH).",
)
@options.common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    architecture: str,
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    init: str,
    weights: str | None,
    max_epochs: int | None,
    recipe: str,
    teacher: str | None,
    teacher_weights: Path | None,
    repeats: int,
    log: str | None,
    device: str,
    seed: int,
    threads: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Train one network to the end, test it, and write it out as plain PyTorch.

    ARCHITECTURE is a graph file (architecture.json), an architecture in the notation of --space, a
    run folder, or an architecture of a run (RUN#78, RUN#1a2b3c). Space, data set and weights of a
    run are taken over if they have registered names and no option is given. A repeated command
    continues where it stopped, or shows its result if it has finished. Settings of the training
    that are not given are those of the recipe.
    """
    from dataclasses import asdict
    from typing import Literal

    from cli.architecture import read_network
    from cli.data_set import announce
    from cli.output import count, emit_json, listener, pairs, quality
    from cli.setup import out_directory, reserve, use_device
    from cli.space import find_space
    from cli.user_code.teacher import read_teacher
    from nas.data.catalog import load
    from nas.data.fitted import fitted
    from nas.errors import counted
    from nas.space.candidate import Candidate
    from nas.study.single.teacher import check_teaching, found_teacher
    from nas.study.single.training import train
    from nas.training.recipes import recipe_name
    from nas.training.starts import AUTO, STARTS

    is_predicted = init != AUTO and "hypernetwork" in STARTS.get(init).needs
    used = ("space", "dataset", "weights") if is_predicted else ("dataset",)
    space, dataset, weights = options.of_run(ctx, architecture, used)
    torch_device, _ = use_device(device, threads=threads)
    listen = listener(quiet=quiet)
    data = load(
        dataset,
        data_dir=data_dir,
        resolution=resolution,
        val_fraction=val_fraction,
        seed=0,
        listen=listen,
    )
    recipe = recipe_name(recipe, data)
    changes = {name: value for name, value in settings.items() if value is not None}
    if max_epochs is not None:
        changes["epochs"] = max_epochs
    check_teaching(teacher, teacher_weights, changes)
    network = read_network(architecture, space, data.task)
    graph = network.network if isinstance(network, Candidate) else network
    suited = fitted(data, graph)  # raises before weights are loaded and a folder is created
    taught = None
    if teacher is not None:
        taught = found_teacher(
            read_teacher(teacher), suited, weights=teacher_weights, device=torch_device
        )
    announce(data, listen)
    directory = out_directory(out, f"train-{graph.hash()[:8]}")
    reserve(directory)
    found = train(
        network,
        data,
        space=find_space(space, data.task) if is_predicted else None,
        init=init,
        predictor=weights,
        recipe=recipe,
        teacher=taught,
        repeats=repeats,
        log=log,
        out=directory,
        seed=seed,
        device=str(torch_device),
        listen=listen,
        **changes,
    )
    trained, written = found.figures, found.files
    files = {"model": written.source, "weights": written.weights}
    if as_json:
        document = {"init": found.start.start, "recipe": recipe, **asdict(trained), "files": files}
        if trained.repeats:
            splits: tuple[Literal["val", "test"], ...] = ("val", "test")
            document["over_seeds"] = {f"{x}_accuracy": asdict(trained.spread(x)) for x in splits}
        emit_json(document)
        return
    kind = data.task.traits
    pairs(
        {
            f"test {kind.metric}": quality(trained.test_accuracy, kind, len(data.test)),
            **_over_seeds(trained, kind),
            "size": f"{counted(trained.params, 'parameter')}, {count(trained.macs)} MACs",
            "trained": f"{counted(trained.epochs, 'epoch')} in {trained.seconds:.1f} s from "
            f"{found.start.start} weights, recipe {recipe}",
            "model": written.source,
        }
    )
    if trained.by_class:
        _show_classes(trained.by_class, kind)


def _over_seeds(trained: FinalTraining, kind: TaskKind) -> dict[str, str]:
    """Lines on several seeds; the figures above are those of the best on the ranking split."""
    if not trained.repeats:
        return {}
    test, ranking = trained.spread("test"), trained.spread("val")
    name = f"over {len(trained.repeats)} seeds"
    return {
        name: f"{_spread(test, kind)} (standard deviation); on the ranking split "
        f"{_spread(ranking, kind)}"
    }


def _spread(found: Spread, kind: TaskKind) -> str:
    return f"{kind.shown(found.mean)} ± {kind.metric_format.format(found.deviation).rstrip('%')}"


def _show_classes(classes: Sequence[ClassAccuracy], kind: TaskKind) -> None:
    """Show a table of at most ten classes, the worst first."""
    from cli.output import quality, table

    worst = sorted(classes, key=lambda row: row.accuracy)[:_CLASSES]
    click.echo()
    if len(classes) > len(worst):
        click.echo(f"the {len(worst)} worst of {len(classes)} classes:")
    table(
        ("class", f"test {kind.metric}", f"{kind.sample}s"),
        [(row.name, quality(row.accuracy, kind, row.samples), row.samples) for row in worst],
    )

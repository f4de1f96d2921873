"""``nas train-hypernet``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from cli import options


@click.command(
    "train-hypernet",
    epilog=options.examples(
        "nas train-hypernet --space mine.py:build --dataset cifar10 --minutes 25",
        "nas train-hypernet --space mine.py:build --dataset photos --from deepnets-cifar10",
        "torchrun --standalone --nproc-per-node 2 --no-python nas train-hypernet --meta-batch 2",
    ),
)
@options.space
@options.data
@options.resolution
@options.val_fraction
@click.option(
    "--hypernet",
    metavar="NAME",
    help="A family of `nas hypernets`.  [default: ghn2; on a graph ghn2-lowrank]",
)
@click.option(
    "--from",
    "start",
    metavar="NAME|DIR",
    help="Start from the weights of a trained hypernetwork, of any space and data; it keeps its "
    "family and settings.",
)
@click.option("--steps", default=2000, show_default=True, help="Optimiser steps.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Time of the training, in place of --steps: their pace is measured first.",
)
@click.option("--meta-batch", default=1, show_default=True, help="Architectures per step.")
@click.option("--batch-size", default=128, show_default=True, help="Images per step.")
@click.option("--lr", type=float, help="Peak learning rate.  [default: 0.002; on a graph 0.001]")
@click.option(
    "--settings",
    metavar="SIZES",
    help="Settings that differ from the family (hidden=64,max_channels=32,mip=true).",
)
@click.option(
    "--proxy",
    metavar="SIZES",
    help="Macro sizes of the training (channels=16,cells=1,resolution=16; default: small ones).",
)
@click.option("--half", is_flag=True, help="Save the weights in 16 bits.")
@options.device
@options.workers
@options.seed
@click.option("--out", type=options.Place(), help="Directory of the checkpoint.")
@options.common
def command(
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    minutes: float | None,
    hypernet: str | None,
    start: str | None,
    settings: str | None,
    proxy: str | None,
    device: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **training_options: Any,
) -> None:
    """Train a hypernetwork in a space on a data set; a repeated command continues it.

    Started by torchrun, it shares the architectures of each step among the ranks.
    """
    from dataclasses import asdict

    from cli.output import emit_json, listener, pairs
    from cli.setup import out_directory, reserve, use_device
    from cli.space import find_space
    from hypernets.checkpoint import load as load_hypernet
    from hypernets.ranks import join_ranks
    from hypernets.suited import usual_proxy
    from hypernets.training.config import HypernetTraining
    from hypernets.training.train import train_hypernet, trained_within
    from nas.config import from_mapping
    from nas.data.catalog import load
    from nas.errors import counted
    from search_spaces.registry import parse_sizes

    if minutes is not None and not options.are_defaults("steps"):
        raise click.UsageError("--minutes takes the place of --steps: give one option")
    ranks = click.get_current_context().with_resource(join_ranks(device))
    _, threads = use_device(str(ranks.device), workers)
    training = from_mapping(HypernetTraining, {**training_options, "workers": threads})
    listen = listener(quiet=quiet or not ranks.leads)
    data = load(
        dataset,
        data_dir=data_dir,
        resolution=resolution,
        val_fraction=val_fraction,
        seed=0,
        listen=listen,
    )
    chosen = find_space(space, data.task)
    sizes = parse_sizes(proxy, "--proxy") if proxy else usual_proxy(chosen)
    begun = load_hypernet(start) if start else None
    family = hypernet or (begun.card.hypernet if begun else data.task.traits.hypernet)
    directory = out or Path("runs") / f"{chosen.name}-{data.name}-{family}"
    if ranks.leads:
        reserve(out_directory(directory, ""))
    made: dict[str, Any] = {
        "hypernet": hypernet,
        "settings": parse_sizes(settings, "--settings") if settings else None,
        "start": begun,
        "proxy": sizes,
        "device": ranks.device,
        "ranks": ranks,
        "listen": listen,
    }
    if minutes is not None:
        training = trained_within(60 * minutes, chosen, data, directory, training, **made)
    command_line = shlex.join(["nas", *sys.argv[1:]])
    trained = train_hypernet(
        chosen, data, directory, training=training, command=command_line, **made
    )
    if not ranks.leads:
        return
    card = asdict(trained.card)
    if as_json:
        emit_json({**card, "files": {"directory": str(directory)}})
        return
    size = sum(parameter.numel() for parameter in trained.parameters())
    pairs(
        {
            "hypernetwork": f"{family}, {counted(size, 'parameter')}",
            "trained": f"{counted(training.steps, 'step')} in {card['training']['seconds']} s",
            "use it": shlex.join(
                [
                    "nas",
                    "search",
                    "--space",
                    space,
                    "--dataset",
                    dataset,
                    "--weights",
                    str(directory),
                    *(["--resolution", str(resolution)] if resolution else []),
                ]
            ),
        }
    )

"""``nas train``."""

from __future__ import annotations

from pathlib import Path

import click

from cli import options


@click.command("train")
@click.argument("architecture")
@options.space
@options.data
@click.option(
    "--init",
    type=click.Choice(("default", "predicted")),
    default="default",
    show_default=True,
    help="Weights training starts from.",
)
@click.option(
    "--weights",
    metavar="NAME|DIR",
    help="With --init predicted: hypernetwork (default: the fitting).",
)
@click.option("--max-epochs", default=30, show_default=True, help="Epochs.")
@options.device
@options.seed
@click.option(
    "--out", type=click.Path(path_type=Path), help="Directory for the model (default: runs/train)."
)
@options.common
def command(
    architecture: str,
    space: str,
    dataset: str,
    data_dir: Path | None,
    init: str,
    weights: str | None,
    max_epochs: int,
    device: str,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train one network to the end, test it, and write it out as plain PyTorch.

    ARCHITECTURE is a graph file (architecture.json), a run folder, or an architecture in the
    notation of --space. The same command goes on after a stop.
    """
    import torch

    import search_spaces
    from cli.architecture import read_architecture
    from cli.output import count, emit_json, listener, pairs, percent
    from cli.setup import load_weights, out_directory, use_device
    from nas.analysis.cost import cost
    from nas.data.catalog import load
    from nas.export import save
    from nas.train.evaluate import evaluate
    from nas.train.train import TrainConfig, train

    torch_device, _ = use_device(device)
    data = load(dataset, data_dir=data_dir, seed=0).to(torch_device)
    graph = read_architecture(architecture, space, data.task)
    directory = out_directory(out, "train")
    checkpoint = directory / "checkpoint.safetensors"
    params = None
    if init == "predicted":
        chosen = search_spaces.get(space, data.task)
        with torch.no_grad():
            params = load_weights(weights, chosen, data, torch_device).predict([graph])[0]
    trained = train(
        graph,
        data,
        TrainConfig(epochs=max_epochs),
        params=params,
        seed=seed,
        device=torch_device,
        listen=listener(quiet=quiet),
        checkpoint=checkpoint,
    )
    tested = evaluate(trained.module, data.test, device=torch_device)
    costs = cost(graph)
    facts = {
        "init": init,
        "epochs": trained.epochs,
        "val_accuracy": trained.val_accuracy,
        "test_accuracy": tested.accuracy,
        "params": costs.params,
        "macs": costs.macs,
        "seconds": trained.seconds,
    }
    save(graph, trained.module, directory, card=facts)
    checkpoint.unlink(missing_ok=True)
    if as_json:
        emit_json({**facts, "files": {"model": str(directory)}})
        return
    pairs(
        {
            "test accuracy": percent(tested.accuracy),
            "size": f"{count(costs.params)} parameters, {count(costs.macs)} MACs",
            "trained": f"{trained.epochs} epochs in {trained.seconds:.1f} s from {init} weights",
            "model": directory,
        }
    )

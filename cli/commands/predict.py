"""``nas predict``."""

from __future__ import annotations

from pathlib import Path

import click

from cli import options


@click.command("predict")
@click.argument("model")
@options.space
@options.data
@click.option(
    "--weights",
    metavar="NAME|DIR",
    help="Hypernetwork: shipped name or directory (default: the fitting).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="predicted.safetensors",
    show_default=True,
    help="File for the predicted weights.",
)
@click.option("--evaluate", is_flag=True, help="Accuracy on the ranking split.")
@options.device
@options.common
def command(
    model: str,
    space: str,
    dataset: str,
    data_dir: Path | None,
    weights: str | None,
    out: Path,
    evaluate: bool,
    device: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict the weights of one network, statistics of its batch norms included.

    MODEL is a graph file (architecture.json), a run folder, or an architecture in the notation of
    --space.
    """
    import math
    from time import perf_counter

    import torch
    from safetensors.torch import save_file

    import search_spaces
    from cli.architecture import read_architecture
    from cli.output import count, emit_json, pairs, percent
    from cli.setup import load_weights, out_file, use_device
    from nas.compile.apply import calibrate
    from nas.data.catalog import load
    from nas.train.evaluate import evaluate as evaluate_module
    from nas.train.train import initialised

    torch_device, _ = use_device(device)
    data = load(dataset, data_dir=data_dir, seed=0)
    start = perf_counter()
    graph = read_architecture(model, space, data.task)
    read = perf_counter()
    hypernet = load_weights(weights, search_spaces.get(space, data.task), data, torch_device)
    out_file(out)
    loaded = perf_counter()
    with torch.no_grad():
        params = hypernet.predict([graph])[0]
        predicted = perf_counter()
        images, _ = next(data.train.to(torch_device).batches(256))
        state = {**params, **calibrate(graph, params, images)}
    save_file({name: tensor.cpu().contiguous() for name, tensor in state.items()}, out)
    total = sum(math.prod(spec.shape) for spec in graph.parameters().values())
    accuracy = None
    if evaluate:
        module = initialised(graph, state).to(torch_device)
        accuracy = evaluate_module(module, data.val, device=torch_device).accuracy
    if as_json:
        emit_json(
            {
                "parameters": total,
                "predicted": sum(tensor.numel() for tensor in params.values()),
                "opaque": [],
                "coverage": 1.0,
                "seconds": {"import": read - start, "predict": predicted - loaded},
                "accuracy": accuracy,
                "files": {"weights": str(out)},
            }
        )
        return
    lines = {
        "predicted": f"{count(total)} parameters in {predicted - loaded:.3f} s",
        "weights": out,
    }
    if evaluate:
        lines["accuracy"] = f"{percent(accuracy)} on the ranking split, untrained"
    pairs(lines)

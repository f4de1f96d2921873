"""``nas predict``."""

from __future__ import annotations

from pathlib import Path

import click

from cli import options


@click.command("predict")
@click.argument("model")
@options.space
@options.data
@options.weights
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
@click.pass_context
def command(
    ctx: click.Context,
    /,
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

    MODEL is a graph file (architecture.json), an architecture in the notation of --space, or a run
    folder; space, data set and weights are then those of the run unless given.
    """
    from time import perf_counter

    import search_spaces
    from cli.architecture import read_architecture
    from cli.output import count, emit_json, listener, pairs, percent
    from cli.setup import load_weights, out_file, use_device
    from nas.analysis.cost import cost
    from nas.data.catalog import load
    from nas.data.fitted import fitted
    from nas.train.evaluate import evaluate as evaluate_module
    from nas.train.predict import predict

    space, dataset, weights = options.of_run(ctx, model)
    torch_device, _ = use_device(device)
    data = load(dataset, data_dir=data_dir, seed=0)
    start = perf_counter()
    graph = read_architecture(model, space, data.task)
    read = perf_counter()
    chosen, listen = search_spaces.get(space, data.task), listener(quiet=quiet)
    hypernet = load_weights(weights, chosen, data, torch_device, listen)
    data = fitted(data, graph)
    out_file(out)
    predicted = predict(graph, data, hypernet)
    predicted.save(out)
    total = cost(graph).params
    accuracy = None
    if evaluate:
        module = predicted.module().to(torch_device)
        accuracy = evaluate_module(module, data.val, device=torch_device).accuracy
    if as_json:
        emit_json(
            {
                "parameters": total,
                "predicted": sum(tensor.numel() for tensor in predicted.params.values()),
                "opaque": [],
                "coverage": 1.0,
                "seconds": {"import": read - start, "predict": predicted.seconds},
                "accuracy": accuracy,
                "files": {"weights": str(out)},
            }
        )
        return
    lines = {
        "predicted": f"{count(total)} parameters in {predicted.seconds:.3f} s",
        "weights": out,
    }
    if evaluate:
        lines["accuracy"] = f"{percent(accuracy)} on the ranking split, untrained"
    pairs(lines)

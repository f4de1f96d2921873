"""``nas predict``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cli.prediction import Prediction
    from nas.importers.imported import Frozen
    from nas.train.gain import Gain

_NAMED = 3
"""Parameters that are not predicted, shown by name."""


@click.command("predict")
@click.argument("model")
@options.space
@options.data
@options.weights()
@click.option(
    "--out",
    type=options.Place(),
    default="predicted.safetensors",
    show_default=True,
    help="File for the predicted weights.",
)
@click.option("--evaluate", is_flag=True, help="Accuracy on the ranking split.")
@click.option(
    "--fine-tune",
    "steps",
    metavar="STEPS",
    type=click.IntRange(0),
    default=0,
    help="Train for so many steps, and from default weights as well to compare.",
)
@click.option(
    "--frozen",
    type=click.Choice(["keep", "predict"]),
    default="keep",
    show_default=True,
    help="Parameters of MODEL that do not require a gradient.",
)
@options.device
@options.seed
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
    steps: int,
    frozen: Frozen,
    device: str,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict the weights of one network, statistics of its batch norms included.

    MODEL is Python that makes a torch.nn.Module: package.module:factory, or with literal arguments
    package.module:factory(depth=18), or path/to/file.py:factory. It is executed, so name only code
    you trust; of Python's own library nothing is called. Or it is a graph file
    (architecture.json), an architecture in the notation of --space, or a run folder; space, data
    set and weights are then those of the run unless given, if they have registered names.

    A module takes images, or the nodes of a graph: forward(x, edge_index), or forward(data) that
    reads data.x and data.edge_index.

    The file takes the network's own names, for load_state_dict. With --fine-tune it holds the
    predicted weights after that training.
    """
    from cli.module_factory import is_factory
    from cli.output import emit_json, listener, pairs
    from cli.prediction import of_architecture, of_factory
    from cli.setup import out_file, reserve, use_device
    from nas.data.catalog import load
    from nas.train.evaluate import evaluate as accuracy_and_loss
    from nas.train.gain import measure_gain

    torch_device, _ = use_device(device)
    listen = listener(quiet=quiet)
    space, dataset, weights = options.of_run(ctx, model)
    data = load(dataset, data_dir=data_dir, seed=0, listen=listen)
    if is_factory(model):
        found = of_factory(model, data, weights, torch_device, seed, listen, frozen)
    else:
        found = of_architecture(model, space, data, weights, torch_device, seed, listen)
    reserve(out_file(out))
    accuracy = gain = None
    if evaluate:
        accuracy = accuracy_and_loss(
            found.classifier, found.data.val, device=torch_device
        ).accuracy
    if steps:
        network, default = found.classifier, found.default
        gain = measure_gain(
            network, default, found.data, steps, seed=seed, device=torch_device, listen=listen
        )
    found.predicted.save(out)
    if as_json:
        emit_json(_document(found, accuracy, gain, out))
    else:
        pairs(_lines(found, accuracy, gain, out))


def _document(
    found: Prediction, accuracy: float | None, gain: Gain | None, out: Path
) -> dict[str, Any]:
    coverage = found.predicted.coverage
    return {
        "parameters": coverage.total,
        "predicted": sum(coverage.predicted.values()),
        "opaque": list(coverage.opaque),
        "excluded": list(coverage.excluded),
        "kept": list(coverage.kept),
        "whole": list(coverage.whole),
        "coverage": coverage.share,
        "seconds": found.predicted.seconds,
        "accuracy": accuracy,
        "fine_tune": gain and asdict(gain),
        "files": {"weights": str(out)},
    }


def _lines(
    found: Prediction, accuracy: float | None, gain: Gain | None, out: Path
) -> dict[str, object]:
    from cli.output import count, percent
    from nas.errors import counted

    coverage, seconds = found.predicted.coverage, found.predicted.seconds
    lines: dict[str, object] = {
        "parameters": count(coverage.total),
        "predicted": f"{percent(coverage.share)} in {seconds['predict']:.3f} s, after "
        f"{seconds['import']:.3f} s of reading the network",
    }
    if coverage.whole:
        size = counted(sum(coverage.whole.values()), "parameter")
        lines["whole"] = (
            f"{_names(coverage.whole)}, {size} predicted by shape and kind of layer alone: "
            "inside of what runs as it is"
        )
    if coverage.opaque:
        lines["opaque"] = f"{_some(coverage.opaque)}: inside of what cannot be looked into"
    if coverage.excluded:
        lines["excluded"] = f"{_some(coverage.excluded)}: no output depends on them"
    if coverage.kept:
        lines["kept"] = (
            f"{_some(coverage.kept)}: not learned (frozen, or no floating-point numbers)"
        )
    if accuracy is not None:
        lines["accuracy"] = f"{percent(accuracy)} on the ranking split, untrained"
    if gain is not None:
        for name, result in (("predicted", gain.predicted), ("default", gain.default)):
            lines[f"from {name}"] = (
                f"{percent(result.before)} on the ranking split, {percent(result.after)} after "
                f"{counted(gain.steps, 'step')}"
            )
    lines["weights"] = f"{out} (fine-tuned from the predicted ones)" if gain else out
    return lines


def _some(sizes: Mapping[str, int]) -> str:
    """The first names and how much there is in all."""
    from nas.errors import counted

    return f"{_names(sizes)}, {counted(sum(sizes.values()), 'parameter')} left as they were"


def _names(sizes: Mapping[str, int]) -> str:
    names = ", ".join(list(sizes)[:_NAMED])
    return f"{names} and {len(sizes) - _NAMED} more" if len(sizes) > _NAMED else names

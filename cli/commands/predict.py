"""``nas predict``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from nas.evaluate.prediction import Prediction
    from nas.importers.imported import Frozen
    from nas.task.kind import TaskKind
    from nas.training.gain import Gain

_NAMED = 3
"""Largest number of names in a list of parameters."""
_CHECKED = 256
"""Samples of the ranking split on which predictions are compared with chance."""
_AT_CHANCE = (
    "Predictions are at chance: this network is unlike those of the hypernetwork's training"
)


@click.command(
    "predict",
    epilog=options.examples(
        "nas predict net.py:Net --dataset cifar10 --fit-head --evaluate",
        "nas predict 'torchvision.models:resnet18(num_classes=10)' --out resnet18.safetensors",
    ),
)
@click.argument("model")
@options.space
@partial(options.data, usual="digits")  # a general hypernetwork is shipped for this data set
@options.resolution
@options.val_fraction
@options.weights()
@click.option(
    "--out",
    type=options.Place(),
    default="predicted.safetensors",
    show_default=True,
    help="File for the predicted weights.",
)
@click.option(
    "--fit-head",
    is_flag=True,
    help="Fit the last layer to training samples, in closed form; nothing is trained.",
)
@click.option("--evaluate", is_flag=True, help="Measure the accuracy on the ranking split.")
@click.option(
    "--fine-tune",
    "steps",
    metavar="STEPS",
    type=click.IntRange(0),
    default=0,
    help="Steps of training from predicted and from default weights; the better are saved.",
)
@click.option(
    "--init",
    "starts",
    type=click.Choice(("lsuv", "fitted", "predicted-head")),
    multiple=True,
    help="Further initial weights that --fine-tune compares; repeatable.",
)
@click.option(
    "--lr",
    type=click.FloatRange(0, min_open=True),
    help="Peak learning rate of --fine-tune (default: from a short range test for each start).",
)
@click.option(
    "--frozen",
    type=click.Choice(["keep", "predict"]),
    default="keep",
    show_default=True,
    help="Treatment of MODEL's parameters that require no gradient.",
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
    resolution: int | None,
    val_fraction: float | None,
    weights: str | None,
    out: Path,
    fit_head: bool,
    evaluate: bool,
    steps: int,
    starts: tuple[str, ...],
    lr: float | None,
    frozen: Frozen,
    device: str,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict the weights of one network and measure the statistics of its batch norms.

    MODEL is a Python function that makes a torch.nn.Module: package.module:factory, with literal
    arguments package.module:factory(depth=18), or path/to/file.py:factory. It is executed, so name
    only code you trust; Python's own library is refused. Or MODEL is a graph file
    (architecture.json), an architecture in the notation of --space, a run folder, or an
    architecture of a run (RUN#78). Space, data set and weights of a run are taken over if they
    have registered names and no option is given.

    A module takes images, or the nodes of a graph: forward(x, edge_index), or forward(data) that
    reads data.x and data.edge_index.

    The file has the network's own names, for load_state_dict. With --fine-tune it holds the better
    weights on the ranking split after this training. Its metadata hold the normalisation of the
    inputs and the names of the classes.
    """
    from dataclasses import replace

    from cli.output import emit_json, listener, pairs
    from cli.prediction import of_architecture, of_factory
    from cli.setup import out_file, reserve, use_device
    from cli.user_code.module_factory import is_factory
    from nas.data.catalog import load
    from nas.training.gain import measure_gain
    from nas.training.starts.begin import state_from
    from nas.training.starts.given import given_by
    from nas.training.starts.start import STARTS
    from nas.training.weights_file import save_weights

    if starts and not steps:
        raise click.UsageError("--init compares short trainings: give --fine-tune STEPS too", ctx)
    torch_device, _ = use_device(device)
    listen = listener(quiet=quiet)
    space, dataset, weights = options.of_run(ctx, model)
    data = load(
        dataset,
        data_dir=data_dir,
        resolution=resolution,
        val_fraction=val_fraction,
        seed=0,
        listen=listen,
    )
    if is_factory(model):
        found = of_factory(model, data, weights, torch_device, seed, listen, frozen)
    else:
        found = of_architecture(model, space, data, weights, torch_device, seed, listen)
    reserve(out_file(out))
    head = _fit_head(found, torch_device, seed) if fit_head else None
    accuracy = gain = None
    if evaluate or not steps:
        accuracy, at_chance = _measured(found, torch_device, whole=evaluate)
    if steps:
        on_device = found.data.to(torch_device)
        predicted = {name: value.clone() for name, value in found.classifier.state_dict().items()}
        others = {}
        for name in starts:
            given = given_by(on_device, samples=STARTS.get(name).samples, seed=seed)
            given = replace(given, predict=lambda module: module.load_state_dict(predicted))
            others[name] = state_from(found.classifier, found.default, name, given)
        gain = measure_gain(
            found.classifier,
            found.default,
            found.data,
            steps,
            lr=lr,
            seed=seed,
            device=torch_device,
            listen=listen,
            others=others,
        )
        at_chance = gain.at_chance
    size = found.classifier.resolution
    save_weights(found.predicted.model, out, found.data, resolution=size)
    result = _Result(found, head, accuracy if evaluate else None, at_chance, gain, out)
    if as_json:
        emit_json(_document(result))
    else:
        pairs(_lines(result))
        for sentence in _sentences(result):
            click.echo(sentence)


@dataclass(frozen=True)
class _Result:
    """The result that is shown.

    Attributes:
        head: What the last layer got, in words; None without ``--fit-head``.
        accuracy: None without ``--evaluate``.
    """

    found: Prediction
    head: str | None
    accuracy: float | None
    at_chance: bool
    gain: Gain | None
    out: Path


def _fit_head(found: Prediction, device: torch.device, seed: int) -> str:
    """Fit the last layer to training samples; in words, what it got."""
    from dataclasses import replace

    from nas.training.starts.begin import begin
    from nas.training.starts.given import given_by
    from nas.training.starts.predicted import PREDICTED_HEAD
    from nas.training.starts.start import STARTS

    samples = STARTS.get(PREDICTED_HEAD).samples
    given = given_by(found.data.to(device), samples=samples, seed=seed)
    given = replace(given, predict=lambda _: None)  # it has been
    layers = begin(found.classifier, PREDICTED_HEAD, given).layers
    if not layers:
        return "predicted, as it is no linear layer that can be fitted"
    return f"{layers[0].given}, from {len(given.rows):,} training samples"


def _measured(found: Prediction, device: torch.device, *, whole: bool) -> tuple[float, bool]:
    """Accuracy on the ranking split, or a part of it, and whether it is at chance."""
    from nas.training.chance import is_at_chance
    from nas.training.evaluate import evaluate

    samples = found.data.val if whole else found.data.val.spread(_CHECKED)
    kind = found.data.task.traits
    accuracy = evaluate(found.classifier, samples, kind, device=device).accuracy
    return accuracy, is_at_chance(accuracy, found.data, len(samples))


def _document(result: _Result) -> dict[str, Any]:
    found, gain = result.found, result.gain
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
        "head": result.head,
        "accuracy": result.accuracy,
        "at_chance": result.at_chance,
        "fine_tune": gain and {**asdict(gain), "better": gain.better},
        "verdict": " ".join(_sentences(result)),
        "files": {"weights": str(result.out)},
    }


def _lines(result: _Result) -> dict[str, object]:
    from cli.output import count, percent, quality
    from nas.errors import counted

    found, gain, kind = result.found, result.gain, result.found.data.task.traits
    samples = len(found.data.val)
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
            "inside parts that cannot be recorded"
        )
    if coverage.opaque:
        lines["opaque"] = f"{_some(coverage.opaque)}: inside modules that cannot be read"
    if coverage.excluded:
        lines["excluded"] = f"{_some(coverage.excluded)}: no output depends on them"
    if coverage.kept:
        lines["kept"] = f"{_some(coverage.kept)}: not learned (frozen, or not floating-point)"
    if result.head is not None:
        lines["last layer"] = result.head
    if result.accuracy is not None:
        lines[kind.metric] = (
            f"{quality(result.accuracy, kind, samples)} on the ranking split, untrained"
        )
    if gain is not None:
        for name, trained in gain.trained.items():
            lines[f"from {name}"] = (
                f"{quality(trained.before, kind, samples)} on the ranking split, "
                f"{_after(trained.after, kind, samples)} after {counted(gain.steps, 'step')} "
                f"at learning rate {trained.lr:.2g}"
            )
    lines["weights"] = (
        f"{result.out} (trained from the {gain.better} ones)" if gain else result.out
    )
    return lines


def _sentences(result: _Result) -> list[str]:
    """Sentences on predictions at chance, and on the saved weights."""
    from nas.errors import counted

    advice = "." if result.gain else "; use default weights."  # trainings say which are best
    sentences = [_AT_CHANCE + advice] if result.at_chance else []
    if result.gain is not None:
        gain, kind = result.gain, result.found.data.task.traits
        samples = len(result.found.data.val)
        ahead = gain.trained[gain.better]
        others = [run for name, run in gain.trained.items() if name != gain.better]
        state = "level" if any(run.after == ahead.after for run in others) else "ahead"
        shown = " and ".join(_after(run.after, kind, samples) for run in others)
        sentences.append(
            f"{gain.better.capitalize()} weights are {state} after {counted(gain.steps, 'step')}: "
            f"{_after(ahead.after, kind, samples)} against {shown}; they are saved."
        )
    return sentences


def _after(value: float, kind: TaskKind, samples: int) -> str:
    from cli.output import quality

    return "diverged" if value != value else quality(value, kind, samples)


def _some(sizes: Mapping[str, int]) -> str:
    """The first names, and the number of parameters in total."""
    from nas.errors import counted

    return f"{_names(sizes)}, {counted(sum(sizes.values()), 'parameter')} unchanged"


def _names(sizes: Mapping[str, int]) -> str:
    names = ", ".join(list(sizes)[:_NAMED])
    return f"{names} and {len(sizes) - _NAMED} more" if len(sizes) > _NAMED else names

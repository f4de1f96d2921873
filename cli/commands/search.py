"""``nas search``: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.evaluate.untrained import UntrainedWeights
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.effort import Effort
    from nas.study.goals.objectives import Objective
    from nas.study.result import Found, SearchResult
    from nas.study.selection.trust import Trust
    from nas.task.kind import TaskKind


DEMONSTRATION: Mapping[str, Any] = {
    "n_trials": 64,
    "train_seconds": 130.0,
    "founders": 5,
    "finalist_epochs": 3,
    "reduction": 4,
    "max_epochs": 10,
}
"""Settings of the demonstration, which takes at most three minutes on two cores."""

_ROWS = 15
"""Largest number of rows in a table; the JSON has all rows."""


@click.command(
    "search",
    epilog=options.examples(
        "nas search",
        "nas search --dataset path/to/images --train-seconds 600 --baseline net.py:Net",
        "nas search --space nasnet --dataset cifar10 --constraint 'params<=2e6' --n-trials 500",
        "nas search --space my_space.py:build --workers 4 --memory-per-worker 4G",
        "nas search --objective score:max --objective macs:min --sampler predictor-guided",
    ),
)
@options.space
@options.data
@options.resolution
@options.val_fraction
@options.weights(
    "auto",
    "train",
    "none",
    default="auto: the shipped one that fits; where none is shipped for the space, and the "
    "trainings of the search take five times as long, one is trained first",
)
@click.option(
    "--hypernet-steps",
    default=2000,
    show_default=True,
    help="Steps of the training of a hypernetwork.",
)
@click.option("--n-trials", default=200, show_default=True, help="Distinct candidates to score.")
@click.option(
    "--sampler",
    default="evolution",
    show_default=True,
    metavar="NAME",
    help="evolution, local-search, nsga2, predictor-guided, random, reinforce or tpe.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    default=("score:max",),
    show_default=True,
    metavar="NAME:max|min",
    help="score, accuracy, loss, brier, readout, naswot, params, macs, activation_bytes, layers, "
    "shortest_path or mean_path; repeatable.",
)
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="LIMIT",
    help='Such as "params<=2e6" or "macs<=40M"; repeatable.',
)
@click.option(
    "--latency",
    "profile",
    metavar="FILE",
    type=options.Place(),
    help="Measurements that `nas latency --out FILE` made: objectives and constraints may name "
    "latency, memory and energy on that device.",
)
@click.option(
    "--finalists",
    type=int,
    help="Candidates to train briefly.  [default: 6; on a graph 24; with --budget as it allows]",
)
@click.option(
    "--finalist-epochs", type=int, help="Epochs of a brief training.  [default: 3; on a graph 30]"
)
@click.option(
    "--founders",
    type=int,
    help="Finalists chosen by the ranking; unless it proves itself, mutants of the best follow.  "
    "[default: 8; on a graph 12]",
)
@options.max_epochs
@click.option(
    "--reduction-factor",
    "reduction",
    default=3,
    show_default=True,
    metavar="N",
    help="Each rung trains the best 1/N of the last one N times as long, up to --max-epochs.",
)
@click.option(
    "--budget",
    type=float,
    metavar="EPOCHS",
    help="Epochs of all trainings together; sets the number of finalists.",
)
@click.option(
    "--train-seconds",
    type=float,
    metavar="SECONDS",
    help="Seconds of all trainings together, in place of --budget; the last ones always finish.",
)
@click.option(
    "--splits",
    type=int,
    help="Draws of the ranking split on which each brief training is repeated.  [default: 1; 3 "
    "if a folder has fewer than 500 images to train and rank on]",
)
@options.recipe
@click.option(
    "--init",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Initial weights of trainings: default, lsuv, predicted, predicted-head or fitted (to "
    "the data); auto compares default and predicted ones if cheap.",
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="MODEL",
    help="Your own network to compare: MODEL.py:factory, torchvision:NAME or a graph file; "
    "repeatable.",
)
@options.images
@click.option(
    "--timeout",
    type=float,
    help="Seconds after which scoring ends; a running generation has 10 more.",
)
@click.option(
    "--storage",
    metavar="URL",
    help="sqlite:///, postgresql:// or grpc:// URL, or FILE.journal (default: in the run folder).",
)
@click.option("--study-name", metavar="NAME", help="Name in the storage (default: SPACE-DATASET).")
@options.device
@options.processes
@options.memory_per_worker
@options.executor
@options.scheduler
@options.seed
@click.option("--out", type=options.Place(), help="Run folder (default: runs/SPACE-DATASET).")
@options.common
def command(
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    weights: str | None,
    hypernet_steps: int,
    images: int,
    device: str,
    workers: int | None,
    memory: int | None,
    executor: str | None,
    scheduler: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    baselines: tuple[str, ...],
    profile: Path | None,
    **search_options: Any,
) -> None:
    """Find an architecture and train it: rank with predicted weights, train the few best.

    Without --space, --dataset and --budget the command runs a demonstration of three minutes. A
    repeated command continues where it stopped, or shows its result if it has finished.
    """
    from dataclasses import replace

    from cli.data_set import announce
    from cli.device_costs import measuring
    from cli.output import emit_json, listener
    from cli.setup import out_directory, own_weights, train_weights, use_device
    from cli.space import find_space
    from cli.user_code.baseline import read_baselines
    from cli.workers import workers_for
    from hypernets.suited import suited
    from hypernets.training.config import HypernetTraining
    from nas.config import from_mapping
    from nas.data.catalog import load
    from nas.evaluate.scorer import ScoreConfig
    from nas.measure.profile import read_profile
    from nas.study.search_config import SearchConfig
    from nas.study.search_run import run_search

    torch_device, threads = use_device(device, workers)
    scoring = ScoreConfig(images=images, workers=threads)
    given = {**search_options, "scoring": scoring, "device": str(torch_device)}
    if options.are_defaults("space", "dataset", "budget"):
        given |= {
            name: value for name, value in DEMONSTRATION.items() if options.are_defaults(name)
        }
    on_device: dict[str, str] = {}
    measured = None if profile is None else read_profile(profile)
    if measured is not None:
        click.get_current_context().with_resource(measured.as_figures())
        on_device = {"device": measured.device, **measured.errors()}
    config = from_mapping(SearchConfig, given)  # errors are found before the data are read
    listen = listener(quiet=quiet)
    with workers_for(workers, executor, scheduler, memory=memory) as found:
        data = load(
            dataset,
            data_dir=data_dir,
            resolution=resolution,
            val_fraction=val_fraction,
            seed=0,
            listen=listen,
        )
        announce(data, listen)
        chosen = find_space(space, data.task)
        if measured is not None:
            named = {
                "space": space,
                "dataset": dataset,
                "data-dir": data_dir,
                "resolution": resolution,
                "out": f"{_run_name(chosen, data)}.json",
            }
            measured.check_space(chosen, measuring(measured.config, named))
        directory = out_directory(out, _run_name(chosen, data))
        named_weights = None if weights == "auto" else weights
        hypernet: GraphHyperNetwork | UntrainedWeights | None = None
        if weights == "train":
            hypernet = train_weights(
                chosen, data, directory / "hypernet", hypernet_steps, torch_device, threads, listen
            )
        elif named_weights is None:
            hypernet = own_weights(
                chosen,
                data,
                config,
                directory,
                HypernetTraining(steps=hypernet_steps, workers=threads),
                torch_device,
                listen,
                processes=workers or 1,
            )
        if hypernet is None:
            hypernet = suited(chosen, data, named_weights, device=torch_device, listen=listen)
        rivals = read_baselines(baselines, data.task)
        config = replace(config, out=directory)
        result = run_search(
            chosen, data, hypernet, config, listen, baselines=rivals, executor=found
        )
    if as_json:
        emit_json(result.to_dict())
    else:
        _show(result, config.objectives, on_device)


def _run_name(space: SearchSpace, data: Dataset) -> str:
    """Name of the space, its unusual macro sizes, and name of the data set."""
    sizes = ",".join(f"{name}={size}" for name, size in space.unusual_macro().items())
    return "-".join(filter(None, (space.name, sizes, data.name)))


def _show(
    result: SearchResult, objectives: Sequence[Objective], on_device: Mapping[str, str]
) -> None:
    from cli.output import count, pairs, quality
    from nas.errors import counted
    from nas.study.verdict import ENOUGH_PROBES, verdict

    kind, ranked = result.best.candidate.space.task.traits, result.samples["ranking"]
    if len(result.pareto) > 1:
        shown, front = _ordered(result.pareto, objectives)
        _show_all(f"pareto front, by {shown}", front, kind, ranked)
    if len(result.finalists) > 1:
        title = f"finalists, by length of training and {kind.metric}"
        rivals = {rival.found.name: rival.name for rival in result.rivals}
        _show_all(title, result.finalists, kind, ranked, rivals)
    best = result.best
    lines: dict[str, Any] = {"best": f"{best.name}  {best.architecture}"}
    if best.test_accuracy is not None:
        lines[f"test {kind.metric}"] = quality(best.test_accuracy, kind, result.samples["test"])
    if best.val_accuracy is not None:
        lines[f"val {kind.metric}"] = quality(best.val_accuracy, kind, best.splits * ranked)
    lines["size"] = f"{counted(best.cost.params, 'parameter')}, {count(best.cost.macs)} MACs"
    trials = result.trials
    lines["trials"] = (
        f"{trials.complete} scored, {counted(trials.duplicates, 'duplicate')}, "
        f"{trials.failed} failed"
        + (f", {trials.infeasible} infeasible" if trials.infeasible else "")
        + (f", {trials.mutants} mutants of the best" if trials.mutants else "")
    )
    lines["rungs"] = _rungs(result.rungs)
    lines |= on_device
    if result.trust.probes >= ENOUGH_PROBES:
        lines["ranked by"] = _trust(result.trust)
    lines["seconds"] = ", ".join(f"{name} {spent:.1f}" for name, spent in result.seconds.items())
    if "model" in result.files:
        lines["model"] = result.files["model"]
    if result.stopped:
        lines["stopped"] = result.stopped
    pairs(lines, cut=("best",))
    click.echo()
    for sentence in verdict(result):
        click.echo(sentence)


def _trust(trust: Trust) -> str:
    """``score; Kendall tau with 8 trained: score 0.71 (0.40 to 0.90), accuracy 0.50 (...)``."""
    shown = dict.fromkeys((trust.ranked_by, "score", "regressor", "accuracy", "loss", "macs"))
    known = [
        f"{name} {tau:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"
        for name in shown
        if (tau := trust.kendall_tau.get(name)) is not None
        and (interval := trust.interval[name]) is not None
    ]
    taus = f"; Kendall tau with {trust.probes} trained: {', '.join(known)}" if known else ""
    return trust.ranked_by + taus


def _rungs(efforts: Sequence[Effort]) -> str:
    """``202 scored (4.1 epochs' worth), 9 x 3, 3 x 9, 1 x 30 epochs``."""
    from cli.output import count

    scoring, *trainings = efforts
    worth = scoring.equivalent_epochs
    parts = [
        f"{count(scoring.architectures)} scored "
        f"({f'{worth:,.1f}' if worth >= 1 else f'{worth:.2g}'} epochs' worth)"
    ]
    for effort in trainings:
        repeated = f" on {effort.splits} splits" if effort.splits > 1 else ""
        parts.append(f"{effort.architectures} x {effort.epochs}{repeated}")
    if trainings:
        parts[-1] += " epoch" if trainings[-1].epochs == 1 else " epochs"
    return ", ".join(parts)


def _ordered(
    front: Sequence[Found], objectives: Sequence[Objective]
) -> tuple[str, Sequence[Found]]:
    """The objective that orders a front, and the front: by score, or by the first objective."""
    if any(objective.name == "score" for objective in objectives):
        return "score", front
    first = objectives[0]
    largest = first.direction == "maximize"
    return first.name, sorted(front, key=lambda found: found.values[0], reverse=largest)


def _show_all(
    title: str,
    candidates: Sequence[Found],
    kind: TaskKind,
    ranked: int,
    rivals: Mapping[str, str] | None = None,
) -> None:
    from cli.output import count, quality, table

    click.echo(f"{title}:")
    table(
        ("trial", "epochs", f"val {kind.metric}", "score", "params", "MACs", ""),
        [
            (
                found.name,
                found.epochs or "–",
                quality(found.val_accuracy, kind, found.splits * ranked),
                "–" if found.score is None else f"{found.score:.3f}",
                count(found.cost.params),
                count(found.cost.macs),
                (rivals or {}).get(found.name, ""),
            )
            for found in candidates[:_ROWS]
        ],
    )
    if len(candidates) > _ROWS:
        click.echo(f"and {len(candidates) - _ROWS} more in the JSON")
    click.echo()

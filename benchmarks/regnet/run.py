"""Does searching RegNets beat training random ones at the same cost?

    python -m benchmarks.regnet.run --data-dir data

Small scale: CIFAR-10 at 16 pixels, where ``macs<=2e6`` is what ``macs<=8e6`` is at 32, part of the
training images, a few epochs. For each seed the engine searches, and random networks are
trained until they have cost as much time of the processor; of these the one that does best on the
ranking split is taken. As many random networks as the engine has finalists are also trained just
as these, rung by rung. What is finished lies in ``--out``: the same command goes on where it was
stopped.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from benchmarks.regnet.engine_arm import EngineArm, Found
from benchmarks.regnet.random_arm import climbed, trained_within
from benchmarks.regnet.trainings import Scale, Training, Trainings
from hypernets.checkpoint import load
from nas.analysis.agreement import kendall
from nas.analysis.cost import cost
from nas.analysis.figure import FIGURES, graph_figures, oriented
from nas.evaluate.scorer import Estimate, Scorer
from nas.space.candidate import candidate
from nas.study.finalists.rungs import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.space.search_space import SearchSpace

    Row = tuple[Found, Sequence[Training], Sequence[Training]]
    """The engine's find, random networks trained fully, and random ones by successive halving."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--space", default="regnet", help="with macro sizes after a colon")
    add("--weights", default="deepnets-cifar10", help="hypernetwork")
    add("--objective", default="score:max", help="what the exploration goes by")
    add("--trials", type=int, default=60, help="candidates that are scored")
    add("--finalists", type=int, default=6, help="networks that the engine trains briefly")
    add("--finalist-epochs", type=int, default=1)
    add("--seeds", type=int, nargs="+", default=[0, 1, 2])
    add("--limit", type=float, default=2e6, help="most multiply-accumulates")
    add("--resolution", type=int, default=16)
    add("--images", type=int, default=5000, help="for training")
    add("--ranking", type=int, default=2000, help="images of the ranking split")
    add("--epochs", type=int, default=3, help="of a full training")
    add("--out", type=Path, default=Path("runs/regnet"), help="folder of what is finished")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; progress goes to stderr."""
    options = parse(arguments)
    torch.set_num_threads(1)
    names = ("space", "resolution", "images", "ranking", "epochs", "limit")
    scale = Scale(**{name: getattr(options, name) for name in names})
    data = scale.data(options.data_dir)
    space = scale.space_for(data)
    rungs = plan(options.finalists, options.finalist_epochs, options.epochs)
    train = {
        rung.epochs: Trainings(
            replace(scale, epochs=rung.epochs), data, options.out / f"trainings-{rung.epochs}.json"
        )
        for rung in rungs
    }
    fully = train[options.epochs]
    predictor = load(options.weights)
    engine = EngineArm(
        scale=scale,
        data=data,
        predictor=predictor,
        trials=options.trials,
        finalists=options.finalists,
        finalist_epochs=options.finalist_epochs,
        objective=options.objective,
    )
    rows = []
    for seed in options.seeds:
        found = engine(seed, options.out / f"search-{seed}.json")
        print(f"seed {seed}: searched", file=sys.stderr)
        rows.append(
            (
                found,
                trained_within(space, scale.limit, seed, found.seconds, fully),
                climbed(space, scale.limit, seed, rungs, train),
            )
        )
        print(f"seed {seed}: done", file=sys.stderr)
    print_search(options.seeds, rows)
    fits = Scorer(predictor, data, is_feasible=lambda network: cost(network).macs <= scale.limit)
    print_ranking(space, fully.known(), fits)


def print_search(seeds: Sequence[int], rows: Sequence[Row]) -> None:
    """Test accuracies of what was found, and what it cost."""
    print("| seed | engine, % | s | ranked by | random, % | s | trained | rungs, % | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for seed, (found, full, up) in zip(seeds, rows, strict=True):
        print(
            f"| {seed} | {100 * found.test:.2f} | {found.seconds:.0f} | {found.ranked_by} | "
            f"{100 * picked(full):.2f} | {_spent(full):.0f} | {len(full)} | "
            f"{100 * up[-1].test:.2f} | {_spent(up):.0f} |"
        )
    columns = zip(
        *((found.test, picked(full), up[-1].test) for found, full, up in rows), strict=True
    )
    engine, random, rungs = (f"{100 * fmean(column):.2f}" for column in columns)
    print(f"| mean | {engine} | | | {random} | | | {rungs} | |\n", flush=True)


def _spent(trainings: Sequence[Training]) -> float:
    return sum(training.seconds for training in trainings)


def picked(trainings: Sequence[Training]) -> float:
    """Test accuracy of what is best on the ranking split."""
    return max(trainings, key=lambda training: training.val).test


def print_ranking(space: SearchSpace, trained: Sequence[Training], scorer: Scorer) -> None:
    """Kendall's tau of every figure with the accuracy that training brought."""
    candidates = [candidate(space, training.architecture) for training in trained]
    rows = [
        (graph_figures(one.network) | asdict(estimate), training)
        for one, estimate, training in zip(candidates, scorer(candidates), trained, strict=True)
        if isinstance(estimate, Estimate)
    ]
    truth = [(training.val + training.test) / 2 for _, training in rows]
    print("| figure | τ |\n| --- | --- |")
    for name in [name for name in FIGURES if FIGURES.get(name).ranks]:
        tau = kendall(oriented(name, [known[name] for known, _ in rows]), truth)
        print(f"| {name} | {'–' if tau is None else f'{tau:.2f}'} |")
    print(f"\n{len(rows)} random networks; mean of ranking and test accuracy", flush=True)


if __name__ == "__main__":
    main()

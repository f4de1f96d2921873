"""Methods of training, and recipes, against the plain training at equal epochs.

    python -m benchmarks.recipes.run --data-dir data

Each training is tested once. Results are kept in a file and go on where they were interrupted.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from statistics import fmean, stdev
from time import process_time
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.recipes.arms import ARMS, PLAIN
from benchmarks.recipes.tasks import TASKS
from nas.allocator import keep_freed_memory
from nas.files import write_json
from nas.training.evaluate import accuracy_by_class, evaluate
from nas.training.methods.distillation import Teacher
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.training.config import TrainConfig

_OTHER = 1000
"""Added to the seed of a training for that of its teacher."""
_RESULTS = Path(__file__).parent / "results" / "recipes.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    add("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    add("--seeds", type=int, nargs="+", default=[0, 1, 2])
    add("--out", type=Path, default=_RESULTS, help="file of the results")
    add("--print", action="store_true", help="print the table of the file only")
    options = parser.parse_args(arguments)
    document = json.loads(options.out.read_text()) if options.out.exists() else {}
    if not options.print:
        torch.set_num_threads(1)
        keep_freed_memory()  # as the command does
        options.out.parent.mkdir(parents=True, exist_ok=True)
        for name in options.tasks:
            data = TASKS[name].data(options.data_dir)
            network = TASKS[name].network(data)
            configs = {
                arm: ARMS[arm].config(data, TASKS[name].epochs)
                for arm in options.arms
                if ARMS[arm].suits(data.task.traits)
            }
            for seed in options.seeds:
                for arm, config in configs.items():
                    rows = document.setdefault(name, {}).setdefault(arm, {})
                    if str(seed) not in rows:
                        rows[str(seed)] = _equal_row(document[name], configs, arm, seed) or (
                            _trained(network, data, config, seed, taught=ARMS[arm].taught)
                        )
                        write_json(options.out, document)
    print("\n".join(table(document)))


def _equal_row(
    rows: Mapping[str, Any], configs: Mapping[str, TrainConfig], arm: str, seed: int
) -> Any:
    """The result of another arm whose training is the same; None if there is none."""
    found = (
        rows.get(other, {}).get(str(seed))
        for other, config in configs.items()
        if other != arm and config == configs[arm] and not ARMS[arm].taught
    )
    return next((row for row in found if row is not None), None)


def _trained(
    network: Graph, data: Dataset, config: TrainConfig, seed: int, *, taught: bool
) -> dict[str, float]:
    began, teacher = process_time(), None
    if taught:
        teacher = Teacher.of(train(network, data, config, seed=seed + _OTHER).module, data)
    trained = train(network, data, config, teacher=teacher, seed=seed)
    seconds = process_time() - began
    tested = evaluate(trained.module, data.test, data.task.traits)
    classes = accuracy_by_class(trained.module, data, data.test)
    return {
        "val": trained.val_accuracy,
        "val_loss": min(epoch.val_loss for epoch in trained.history),
        "test": tested.accuracy,
        "worst": min(row.accuracy for row in classes),
        "seconds": round(seconds, 2),
    }


def table(document: Mapping[str, Any]) -> list[str]:
    """One row for each task and arm: accuracies, and the difference from the plain training."""
    lines = [
        "| task | training | test accuracy, % | over plain, points | over plain, ranking split "
        "| worst class, % | n | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in TASKS:
        arms = document.get(name, {})
        for arm in (arm for arm in ARMS if arm in arms):
            rows = arms[arm]
            gaps = {
                split: [
                    100 * (row[split] - arms[PLAIN][seed][split])
                    for seed, row in rows.items()
                    if seed in arms[PLAIN]
                ]
                for split in ("test", "val")
            }
            columns = [
                name,
                arm,
                _mean([100 * row["test"] for row in rows.values()]),
                "" if arm == PLAIN else _mean(gaps["test"], "+"),
                "" if arm == PLAIN else _mean(gaps["val"], "+"),
                f"{100 * fmean(row['worst'] for row in rows.values()):.0f}",
                str(len(rows)),
                f"{fmean(row['seconds'] for row in rows.values()):.0f}",
            ]
            lines.append(f"| {' | '.join(columns)} |")
    return lines


def _mean(values: Sequence[float], sign: str = "") -> str:
    """Mean and its standard error."""
    if len(values) < 2:
        return format(fmean(values), f"{sign}.1f") if values else ""
    return f"{fmean(values):{sign}.1f} ± {stdev(values) / math.sqrt(len(values)):.1f}"


if __name__ == "__main__":
    main()

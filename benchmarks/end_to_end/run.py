"""What a search with the defaults is worth from the first command to the trained network.

    python -m benchmarks.end_to_end.run --data-dir data

Every arm ends with a network that is tested once. Results are kept in a file and go on where they
were interrupted.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.end_to_end.arms import ARMS, engine, floor, random_search
from benchmarks.end_to_end.tasks import TASKS
from nas.allocator import keep_freed_memory
from nas.files import write_json
from nas.study.record.storage import quiet_optuna

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENGINE, RANDOM = "nas search", "random search, equal time"
_RESULTS = Path(__file__).parent / "results" / "end_to_end.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    add("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    add("--out", type=Path, default=_RESULTS, help="file of the results")
    add("--print", action="store_true", help="print the table of the file only")
    options = parser.parse_args(arguments)
    document = json.loads(options.out.read_text()) if options.out.exists() else {}
    if not options.print:
        torch.set_num_threads(1)
        keep_freed_memory()  # as the command does
        options.out.parent.mkdir(parents=True, exist_ok=True)
        for seed in options.seeds:
            for name in options.tasks:
                _run(document, name, seed, options.data_dir, options.out)
    print("\n".join(table(document)))


def _run(document: dict[str, Any], name: str, seed: int, data_dir: Path | None, out: Path) -> None:
    """All arms of a task with one seed, those on record excepted."""
    task = TASKS[name]
    data = task.data(data_dir)
    space = task.search_space(data)
    known = document.setdefault(name, {"floor": floor(data), "arms": {}})
    document |= {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
    }

    def reached(arm: str) -> dict[str, Any]:
        found: dict[str, Any] = known["arms"].setdefault(arm, {})
        return found

    def keep(arm: str, found: Any) -> None:
        reached(arm)[str(seed)] = asdict(found)
        write_json(out, document)

    with quiet_optuna():
        if str(seed) not in reached(ENGINE):
            keep(ENGINE, engine(task, data, space, seed))
        if str(seed) not in reached(RANDOM):
            seconds = reached(ENGINE)[str(seed)]["seconds"]
            keep(RANDOM, random_search(task, data, space, seed, seconds))
        for arm, run in ARMS.items():
            if str(seed) not in reached(arm):
                keep(arm, run(task, data, space, seed))


def table(document: Mapping[str, Any]) -> list[str]:
    """One row for each task and arm: mean test accuracy with its error, and minutes."""
    lines = [
        "| task | arm | test accuracy, % | n | behind the search, points | minutes |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in TASKS:
        if name not in document:
            continue
        arms = document[name]["arms"]
        for arm, found in arms.items():
            values = [100 * one["test"] for one in found.values()]
            minutes = fmean(one["seconds"] for one in found.values()) / 60
            behind = [
                100 * (arms[ENGINE][seed]["test"] - one["test"])
                for seed, one in found.items()
                if seed in arms[ENGINE]
            ]
            gap = "" if arm == ENGINE else _mean(behind)
            lines.append(
                f"| {name} | {arm} | {_mean(values)} | {len(values)} | {gap} | {minutes:.1f} |"
            )
        for floor_name, accuracy in document[name]["floor"].items():
            lines.append(f"| {name} | {floor_name} | {100 * accuracy:.1f} | | | |")
    return lines


def _mean(values: Sequence[float]) -> str:
    """Mean and its standard error."""
    if len(values) < 2:
        return f"{fmean(values):.1f}"
    return f"{fmean(values):.1f} ± {stdev(values) / math.sqrt(len(values)):.1f}"


if __name__ == "__main__":
    main()

"""A search whose workers are killed at random, compared with one that nothing disturbs.

python -m benchmarks.workers.kills --workers 8 --trials 2000 --kills 20
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import hypernets.suited
import search_spaces.registry
from nas.data.catalog import load
from nas.evaluate.scorer import ScoreConfig
from nas.execution.workers import Workers
from nas.study.search import search

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nas.study.result import SearchResult


def searched(trials: int, executor: Executor | None) -> SearchResult:
    """A search among small cells of NAS-Bench-201 on digits, with a little training."""
    data = load("digits")
    space = search_spaces.registry.get("nb201:channels=4,cells=1", data.task)
    return search(
        space,
        data,
        hypernets.suited.suited(space, data),
        n_trials=trials,
        scoring=ScoreConfig(images=32, calibration=64),
        finalists=4,
        finalist_epochs=1,
        max_epochs=3,
        device="cpu",
        out=Path(tempfile.mkdtemp()),
        executor=executor,
    )


def kill_some(times: int, every: float, over: threading.Event, victims: list[int]) -> None:
    """Kill worker processes, at random and at random times."""
    draws = random.Random(0)
    while len(victims) < times and not over.wait(every * (0.5 + draws.random())):
        listed = Path("/proc/self/task").glob("*/children")
        children = [int(child) for file in listed for child in file.read_text().split()]
        if children:
            victims.append(draws.choice(children))
            os.kill(victims[-1], signal.SIGKILL)


def main() -> None:
    """Print whether both searches found the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--every", type=float, default=5.0, help="mean seconds between two kills")
    options = parser.parse_args()
    began = time.perf_counter()
    alone = searched(options.trials, None)
    print(f"undisturbed, in one process: {time.perf_counter() - began:.0f} s", flush=True)
    over, victims = threading.Event(), list[int]()
    killer = threading.Thread(
        target=kill_some, args=(options.kills, options.every, over, victims), daemon=True
    )
    began = time.perf_counter()
    with Workers(options.workers) as workers:
        killer.start()
        killed = searched(options.trials, workers)
        over.set()
        killer.join()
    print(f"{options.workers} workers, {len(victims)} killed: {time.perf_counter() - began:.0f} s")
    records = [
        [(t.number, t.state, t.params, t.values, t.user_attrs) for t in result.study.trials]
        for result in (alone, killed)
    ]
    hashes = Counter(trial.user_attrs["hash"] for trial in killed.study.trials)
    print(f"{killed.trials.complete} scored, each architecture {max(hashes.values())} time")
    different = [pair for pair in zip(*records, strict=True) if pair[0] != pair[1]]
    print(f"trials equal: {not different}")
    for one, other in different[:3]:
        print(f"undisturbed: {one}\nkilled: {other}")
    figures = [
        (r.best.candidate.hash, r.best.val_accuracy, r.best.test_accuracy) for r in (alone, killed)
    ]
    print(f"best equal: {figures[0] == figures[1]}")


if __name__ == "__main__":
    main()

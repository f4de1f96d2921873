"""What a search spends beside scoring and training, as its study grows to 10,000 trials.

    python -m benchmarks.record.run --scratch FOLDER --out FOLDER/results
    python -m benchmarks.record.run --out benchmarks/record/results --print

A random search runs to the end. Each arm then continues copies of its first 1,000 and of all of
its trials, in a process of its own. Finished runs are opened again by the same search, and by
`nas best` and `nas trials`. What FOLDER and the results hold is not computed again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.record.search import ARMS, measured
from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

MORE = {"tpe": 32}
"""Candidates by which the arms continue a study; the others 256."""

_COLUMNS = (
    "arm",
    "trials before",
    "ms a trial",
    "trials a candidate",
    "ms to build a network",
    "memory, MB",
    "start, s",
    "end, s",
    "again, s",
    "nas best, s",
    "nas trials, s",
    "journal, MB",
    "other files, MB",
)


def in_child(*arguments: Any) -> Any:
    """The result of :func:`measured` in a process of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_send, args=(there, *arguments))
    child.start()
    there.close()
    try:
        return here.recv()
    finally:
        child.join()


def _send(pipe: Connection, *arguments: Any) -> None:
    pipe.send(measured(*arguments))
    pipe.close()


def measure(arm: str, before: int, scratch: Path) -> dict[str, Any]:
    """All figures of one arm from a number of trials on."""
    out = scratch / f"{arm}-{before}"
    count = before + MORE.get(arm, 256)
    if not (out / "study.journal").exists():
        in_child(arm, count, out, scratch / "random", before)
    row: dict[str, Any] = {"arm": arm, "before": before, "search": in_child(arm, count, out)}
    row["sizes"] = {file.name: file.stat().st_size for file in out.iterdir() if file.is_file()}
    row["again"] = in_child(arm, count, out)["end"]["seconds"]
    if arm == "default":
        row["best"] = _processor_time("best", out)
        row["listed"] = _processor_time("trials", out)
    return row


def _processor_time(command: str, out: Path) -> float:
    """Seconds of processor time that a command spends on a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    settings = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    program = [sys.executable, "-c", "from cli.main import main; main()", command, str(out)]
    subprocess.run(program, env=settings, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def line(row: dict[str, Any]) -> list[str]:
    """The cells of one arm."""
    found, sizes = row["search"], row["sizes"]
    start, *_, last = found["points"]
    trials, candidates = last["trials"] - row["before"], last["candidates"] - row["before"]
    journal = sizes["study.journal"]
    return [
        row["arm"],
        f"{row['before']:,}",
        f"{1000 * (last['seconds'] - start['seconds']) / trials:.1f}",
        f"{trials / candidates:.1f}",
        f"{found['building']:.1f}",
        f"{found['end']['memory']:.0f}",
        f"{start['seconds']:.1f}",
        f"{found['end']['seconds'] - last['seconds']:.1f}",
        f"{row['again']:.1f}",
        *(f"{row[name]:.1f}" if name in row else "" for name in ("best", "listed")),
        f"{journal / 1e6:.1f}",
        f"{(sum(sizes.values()) - journal) / 1e6:.1f}",
    ]


def course(points: Sequence[dict[str, float]]) -> str:
    """The course of the random search: a line for each 500 candidates."""
    rows = ["candidates   ms each   memory, MB"]
    for first, last in pairwise(points):
        span = last["candidates"] - first["candidates"]
        each = 1000 * (last["seconds"] - first["seconds"]) / max(1, span)
        rows.append(f"{last['candidates']:10,} {each:9.1f} {last['memory']:12.0f}")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--scratch", type=Path, help="folder of the runs")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--print", action="store_true", help="only print the tables")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    random = options.out / "random.json"
    if not options.print:
        scratch: Path = options.scratch
        if not random.exists():
            write_json(random, in_child("random", max(options.trials), scratch / "random"))
        for arm in options.arms:
            for before in options.trials:
                file = options.out / f"{arm}-{before}.json"
                if not file.exists():
                    write_json(file, measure(arm, before, scratch))
    print(course(json.loads(random.read_text())["points"]))
    rows = [json.loads(file.read_text()) for file in options.out.glob("*-*.json")]
    print("\n| " + " | ".join(_COLUMNS) + " |\n|" + " --- |" * len(_COLUMNS))
    for row in sorted(rows, key=lambda row: (list(ARMS).index(row["arm"]), row["before"])):
        print("| " + " | ".join(line(row)) + " |")


if __name__ == "__main__":
    main()

"""What an architecture costs before anything is trained: drawn, checked, hashed, costed.

Each space draws random architectures for CIFAR-10, or for Cora if its networks run on graphs. The
unit is a microsecond of one processor for each node of a network as it was built.

    python -m benchmarks.spaces.run
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import search_spaces
from nas.analysis.cost import cost
from nas.errors import ConfigError, NasError
from nas.files import write_json
from nas.graph.check import check
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    import numpy as np

    from nas.space.search_space import SearchSpace

RESULTS = Path(__file__).parent / "results"
WARM_UP = 200
STEPS = ("sample", "check", "hash", "cost")
TASKS = (
    Task(classes=10, channels=3, resolution=32),
    Task(kind=NODE_CLASSIFICATION, classes=7, features=1433),
)


@dataclass
class Tally:
    """What came of the architectures of one space.

    Attributes:
        count: Architectures drawn.
        nodes: Of all that did not fail, as they were built.
        largest: Nodes of the largest.
        seconds: Processor time of each step.
        failures: Errors by how often they came.
        hashes: Distinct ones.
    """

    count: int = 0
    nodes: int = 0
    largest: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: Counter[str] = field(default_factory=Counter)
    hashes: set[str] = field(default_factory=set)

    def add(self, space: SearchSpace, draw: np.random.Generator) -> None:
        """Draw one more architecture and do with it what a search does before it scores."""
        self.count += 1
        marks = [process_time()]
        try:
            found = sample(space, draw)
            marks.append(process_time())
            check(found.graph)
            marks.append(process_time())
            self.hashes.add(found.hash)
            marks.append(process_time())
            cost(found.graph)
            marks.append(process_time())
        except NasError as error:
            self.failures[str(error)] += 1
            return
        self.nodes += len(found.graph.nodes)
        self.largest = max(self.largest, len(found.graph.nodes))
        for step, start, end in zip(STEPS, marks, marks[1:], strict=False):
            self.seconds[step] += end - start

    def per_node(self, step: str) -> float:
        """Microseconds for each node."""
        return 1e6 * self.seconds[step] / self.nodes

    @property
    def total(self) -> float:
        """Microseconds for each node, all steps together."""
        return sum(map(self.per_node, STEPS))


def space_for(name: str) -> SearchSpace:
    """The space at the macro sizes that suit the first of the tasks that it can be built for."""
    for task in TASKS[:-1]:
        with suppress(ConfigError):
            return search_spaces.get(name, task)
    return search_spaces.get(name, TASKS[-1])


def tally(name: str, count: int, seed: int = 0) -> Tally:
    """Draw architectures of one space; some more come before, so that what is kept is there."""
    space = space_for(name)
    for size, stream in ((min(count, WARM_UP), "warm-up"), (count, "measured")):
        found, draw = Tally(), rng(seed, name, stream)
        for _ in range(size):
            found.add(space, draw)
    return found


def row(name: str, found: Tally) -> str:
    """One line of the table."""
    if not found.nodes:
        return f"{name:15}{found.count:8,}   all failed"
    steps = "".join(f"{found.per_node(step):8.1f}" for step in STEPS)
    return (
        f"{name:15}{found.count:8,}{sum(found.failures.values()):9,}{len(found.hashes):9,}"
        f"{found.nodes / found.count:8.0f}{steps}{found.total:8.1f}"
    )


def figures(found: Tally) -> dict[str, Any]:
    """What is written down of one space."""
    return {
        "count": found.count,
        "failures": dict(found.failures),
        "distinct": len(found.hashes),
        "nodes": found.nodes,
        "largest": found.largest,
        "seconds": dict(found.seconds),
    }


def main() -> None:
    """Print the table and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spaces", nargs="+", choices=search_spaces.names(), default=None)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=RESULTS / "spaces.json")
    arguments = parser.parse_args()
    print(f"{'space':15}{'drawn':>8}{'failed':>9}{'distinct':>9}{'nodes':>8}", end="")
    print("".join(f"{step:>8}" for step in (*STEPS, "all")))
    written = {}
    for name in arguments.spaces or search_spaces.names():
        found = tally(name, arguments.count)
        print(row(name, found), flush=True)
        written[name] = figures(found)
    write_json(arguments.out, written)


if __name__ == "__main__":
    main()

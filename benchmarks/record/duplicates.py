"""What a search spends on duplicates, as its study grows: an exploration with an instant scorer.

NAS-Bench-201 is small, so that evolution asks for ever more architectures that are known: nine in
ten trials are duplicates at the end.

    python -m benchmarks.record.duplicates
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import optuna

from nas.data.digits import load
from nas.evaluate.scorer import Estimate, Failure
from nas.events import Advanced, StageProgress
from nas.study.exploration import Exploration
from nas.study.record.storage import open_storage, quiet_optuna
from nas.study.record.study_record import StudyRecord
from nas.study.search_config import SearchConfig
from search_spaces.cells.nb201 import NasBench201

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.events import Event
    from nas.space.candidate import Candidate

_WORTH = {"nor_conv_3x3": 3.0, "nor_conv_1x1": 2.0, "skip_connect": 1.0}


class Enough(Exception):
    """The trials asked for are on record."""


class Meter:
    """Print a row of speed and memory every `step` trials of a search."""

    def __init__(self, step: int, trials: int, journal: Path) -> None:
        self._step = step
        self._trials = trials
        self._journal = journal
        self._due = step
        self._before = (time.process_time(), 0, 0)
        self._start = _peak()

    def __call__(self, event: Event) -> None:
        """Note the progress of a generation.

        Raises:
            Enough: It was the last.
        """
        if not isinstance(event, Advanced):
            return
        total = event.done + int(event.metrics.get("duplicates", 0))
        if total < self._due:
            return
        now = time.process_time()
        began, trials, candidates = self._before
        print(
            f"{total:8,} {event.done:12,} {(total - trials) / (now - began):10.0f} "
            f"{(event.done - candidates) / (now - began):14.1f} {_peak() - self._start:10.0f} "
            f"{self._journal.stat().st_size / 2**20:10.1f}",
            flush=True,
        )
        self._before = (now, total, event.done)
        self._due += self._step
        if total >= self._trials:
            raise Enough


def _peak() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def score(candidates: Sequence[Candidate]) -> list[Estimate | Failure]:
    """At once: convolutions are better than what has no weights."""
    return [_estimate(candidate.architecture) for candidate in candidates]


def _estimate(cell: str) -> Estimate:
    worth = sum(value * cell.count(name) for name, value in _WORTH.items()) / 18
    figures = {"brier": 0.0, "readout": 0.0, "naswot": 0.0}
    return Estimate(accuracy=worth, loss=1 - worth, **figures, score=worth)


def main() -> None:
    """Print trials and candidates per second of the processor, memory and size of the journal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=28_600)
    parser.add_argument("--sampler", default="evolution")
    options = parser.parse_args()
    print("  trials   candidates   trials/s   candidates/s  memory/MB  journal/MB")
    with tempfile.TemporaryDirectory() as folder, quiet_optuna():
        journal = Path(folder) / "s.journal"
        study = optuna.create_study(storage=open_storage(journal), direction="maximize")
        meter = Meter(options.trials // 10, options.trials, journal)
        config = SearchConfig(n_trials=10**6, sampler=options.sampler)
        space = NasBench201(task=load().task, cells=1)
        exploration = Exploration(space, score, StudyRecord(study), config, meter)
        try:
            stopped = exploration.run(StageProgress(meter, "search", config.n_trials))
            print(f"stopped: {stopped}")
        except Enough:
            pass


if __name__ == "__main__":
    main()

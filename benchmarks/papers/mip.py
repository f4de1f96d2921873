"""How many steps a hypernetwork takes with and without the magnitude-invariant parametrisation.

    python -m benchmarks.papers.mip

Trains ``ghn2`` on cells of ``nasnet`` and digits until the running training accuracy is 60 %.
Each variant chooses its learning rate with the first seed. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from benchmarks.papers.results_file import FOLDER, ResultsFile, Row
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.data import catalog
from nas.events import Advanced

if TYPE_CHECKING:
    from nas.events import Event

PROXY = {"channels": 8, "cells": 1, "resolution": 8}
SETTINGS: dict[str, Any] = {"max_channels": 24}
"""Those of the shipped ``nasnet-digits``."""
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "mip": {"mip": True},
    "plain, no norm": {"layer_norm": False},
    "mip, no norm": {"layer_norm": False, "mip": True},
}
RATES = (1e-3, 2e-3, 4e-3)
TARGET = 0.6
RECENT = 5
"""Reports, one each ten steps, that the accuracy is averaged over."""
STEPS = 3000
"""Those that the learning rate is lowered over; a training ends earlier, at the target."""


class _Reached(Exception):
    """The training has reached its target."""


class _Course:
    """A listener that stops a training at the target."""

    def __init__(self) -> None:
        self._recent: list[float] = []
        self._start = process_time()
        self.row: Row = {"steps": None, "seconds": None}

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Advanced) or event.stage != "train-hypernet":
            return
        self._recent = [*self._recent, event.metrics["accuracy"]][-RECENT:]
        if len(self._recent) == RECENT and fmean(self._recent) >= TARGET:
            self.row = {"steps": event.done, "seconds": round(process_time() - self._start, 1)}
            raise _Reached


def measured(variant: str, rate: float, seed: int) -> Row:
    """Steps and seconds of the processor until the target; None if it is not reached."""
    data = catalog.load("digits")
    course = _Course()
    with TemporaryDirectory() as out, suppress(_Reached):
        train_hypernet(
            search_spaces.get("nasnet", data.task),
            data,
            Path(out),
            hypernet="ghn2",
            settings={**SETTINGS, **VARIANTS[variant]},
            proxy=PROXY,
            training=HypernetTraining(steps=STEPS, lr=rate, seed=seed),
            listen=course,
        )
    return course.row


def main() -> None:
    """Print the steps and seconds of each variant at its own best rate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS)[:2])
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=FOLDER / "mip.json")
    given = parser.parse_args()
    torch.set_num_threads(1)
    results = ResultsFile(given.results)

    def row(variant: str, rate: float, seed: int) -> Row:
        name = f"{variant}, rate {rate:g}, seed {seed}"
        return results.row(name, measured, variant, rate, seed)

    def first(variant: str, rate: float) -> float:
        return row(variant, rate, 1)["steps"] or STEPS

    for variant in given.variants:
        best = min(given.rates, key=lambda rate: first(variant, rate))
        rows = [row(variant, best, seed) for seed in range(1, given.seeds + 1)]
        print(
            f"{variant}: rate {best:g}, steps {[one['steps'] for one in rows]}, "
            f"seconds {[one['seconds'] for one in rows]}"
        )


if __name__ == "__main__":
    main()

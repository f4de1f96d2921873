"""A hypernetwork trained for given seconds of the processor."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.hypernets.pace import Known, Pace, Stopwatch
from hypernets.cards import WEIGHTS
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.config import from_mapping
from nas.events import Listener, ignore
from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.hypernets.entry import Entry
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.events import Event
    from nas.space.search_space import SearchSpace

_WATCHED = 0.1
"""Share of the time that is spent beforehand on learning how long a step takes."""
_ENDLESS = 10**9


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a hypernetwork took.

    Attributes:
        steps: Optimiser steps.
        params: Parameters of the hypernetwork.
        bytes: Size of its weights on disk.
        asked: Seconds of the processor it was to be trained for; None if nobody asked.
        seconds: Those it was; None if nobody counted.
    """

    steps: int
    params: int
    bytes: int
    asked: float | None = None
    seconds: float | None = None

    @property
    def deviation(self) -> float:
        """Share by which the training took longer than asked; negative if less long."""
        return 0.0 if self.asked is None or self.seconds is None else self.seconds / self.asked - 1


def trained(
    entry: Entry,
    space: SearchSpace,
    data: Dataset,
    scale: Mapping[str, Any],
    directory: Path,
    *,
    seconds: float,
    seed: int,
    listen: Listener = ignore,
) -> Cost:
    """Train an entry into a directory, unless that is done.

    What was interrupted starts anew, or its time would not be known. Steps are as many as fit
    into the time at a pace learnt from the first steps of the same training.

    Args:
        entry: What is trained.
        space: Where architectures are drawn from.
        data: At full resolution.
        scale: Macro sizes of the space, and ``resolution``.
        directory: Of the checkpoint.
        seconds: Of the processor.
        seed: Of everything.
        listen: Hears of progress.
    """
    file = directory / "cost.json"
    if file.exists():
        return from_mapping(Cost, json.loads(file.read_text(encoding="utf-8")))
    shutil.rmtree(directory, ignore_errors=True)

    def train(steps: int, out: Path, heard: Listener) -> GraphHyperNetwork:
        return train_hypernet(
            space,
            data,
            out,
            hypernet=entry.hypernet,
            settings=entry.settings,
            proxy=scale,
            training=from_mapping(
                HypernetTraining, {**entry.training, "steps": steps, "seed": seed}
            ),
            listen=heard,
        )

    pace = Pace(_WATCHED * seconds)
    with TemporaryDirectory() as scratch, suppress(Known):
        train(_ENDLESS, Path(scratch), pace)
    steps = max(1, round(seconds / pace.step))
    watch = Stopwatch()

    def hear(event: Event) -> None:
        watch(event)
        listen(event)

    model = train(steps, directory, hear)
    cost = Cost(
        asked=seconds,
        seconds=watch.seconds,
        steps=steps,
        params=sum(tensor.numel() for tensor in model.parameters()),
        bytes=(directory / WEIGHTS).stat().st_size,
    )
    write_json(file, asdict(cost))
    return cost

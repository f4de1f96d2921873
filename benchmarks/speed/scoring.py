"""What it costs to try networks with predicted parameters, one after another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from benchmarks.speed.clock import Clock, Times, times
from benchmarks.speed.generation import GenerationSizes, plain
from benchmarks.speed.subject import hypernetwork
from nas.compile.apply import apply

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLIT = "test"


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """Seconds for all networks together.

    Attributes:
        networks: How many they are.
        parts: ``build`` from the index, ``predict``, ``run`` on one batch, and the ``whole``.
        forward: One batch through each network alone, as a plain module.
    """

    networks: int
    parts: Mapping[str, Times]
    forward: Times

    @property
    def rate(self) -> float:
        """Networks in a second."""
        return self.networks / self.parts["whole"].median

    @property
    def beyond(self) -> float:
        """Time beyond the networks' own, in units of it."""
        return self.parts["whole"].median / self.forward.median - 1


@torch.no_grad()
def scoring(sizes: GenerationSizes, clock: Clock) -> Scoring:
    """Measure a generation of the test split."""
    images, hypernet = sizes.images(), hypernetwork()
    modules = [plain(sizes.candidate(SPLIT, index).graph) for index in range(sizes.networks)]
    taken: dict[str, list[float]] = defaultdict(list)

    def score() -> None:
        spent = dict.fromkeys(("build", "predict", "run"), 0.0)
        for index in range(sizes.networks):
            marks = [clock.now()]
            graph = sizes.candidate(SPLIT, index).graph.simplified
            marks.append(clock.now())
            (params,) = hypernet.predict([graph])
            marks.append(clock.now())
            apply(graph, params, images)
            marks.append(clock.now())
            for part, start, end in zip(spent, marks, marks[1:], strict=False):
                spent[part] += end - start
        for part, seconds in spent.items():
            taken[part].append(seconds)

    runs = {"whole": score, "forward": lambda: [module(images) for module in modules]}
    found = clock.compare(runs)
    parts = {part: times(seconds[1:]) for part, seconds in taken.items()}  # the first is warm-up
    return Scoring(
        networks=sizes.networks,
        parts={**parts, "whole": found["whole"]},
        forward=found["forward"],
    )

"""Trainings that are looked up, a limited number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.nas_bench_graph.table import Trained

SPLITS = ("val", "test")


class Enough(Exception):
    """All trainings are used up."""


class Lookup:
    """What a search may ask the table.

    Args:
        truth: What training brought, by key.
        sees: Which accuracy a search sees: ``val`` or ``test``.
        most: How many architectures can be trained.
    """

    def __init__(self, truth: Mapping[str, Trained], sees: str, most: int) -> None:
        self._truth = truth
        self._sees = sees
        self._most = most
        self._known: dict[str, Trained] = {}

    def __call__(self, key: str) -> float:
        """Accuracy of an architecture; asking again costs nothing.

        Four skips, which the table does not list, are no network of four layers: 0.

        Raises:
            Enough: It is new, and all trainings are used up.
        """
        if key not in self._truth:
            return 0.0
        if key not in self._known:
            if len(self._known) == self._most:
                raise Enough
            self._known[key] = self._truth[key]
        return self._seen(self._known[key])

    def picked(self, trainings: int) -> float:
        """Test accuracy of what looked best among the first trainings."""
        return max(list(self._known.values())[:trainings], key=self._seen).test

    def _seen(self, trained: Trained) -> float:
        return trained.val if self._sees == "val" else trained.test

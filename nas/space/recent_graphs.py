"""Graphs of a space that were built lately."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from nas.errors import NasError
    from nas.graph.graph import Graph


@dataclass(frozen=True)
class _Refusal:
    kind: type[NasError]
    message: str
    hint: str
    nodes: tuple[None] = (None,)  # as much as a graph of one node


class RecentGraphs:
    """The graphs built last, by space and parameters; a copy in another process is empty.

    What cannot be built is kept too: the class of the error, its message and its hint.

    Args:
        nodes: How many nodes they may have together. A node takes about 2 kB with its cost, so
            the default is 80 MB: the last 4,000 graphs of 10 nodes, or 40 of 1,000.
    """

    def __init__(self, nodes: int = 40_000) -> None:
        self._nodes = nodes
        self._graphs: dict[Hashable, Graph | _Refusal] = {}
        self._held = 0
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[RecentGraphs], tuple[int]]:
        return RecentGraphs, (self._nodes,)

    def find(self, space: Hashable, params: Mapping[str, Any]) -> Graph | None:
        """The graph of exactly these parameters, their types and order included.

        Raises:
            NasError: They could not be built.
        """
        found = self._graphs.get(_key(space, params))
        if isinstance(found, _Refusal):
            raise found.kind(found.message, hint=found.hint)
        return found

    def keep(self, space: Hashable, params: Mapping[str, Any], graph: Graph) -> None:
        """Keep a graph as the last one, and let the oldest go."""
        self._keep(_key(space, params), graph)

    def refuse(self, space: Hashable, params: Mapping[str, Any], error: NasError) -> None:
        """Keep what was wrong, without the tensors that its traceback holds."""
        self._keep(_key(space, params), _Refusal(type(error), error.message, error.hint))

    def _keep(self, key: Hashable, one: Graph | _Refusal) -> None:
        with self._lock:
            self._drop(key)
            self._graphs[key] = one
            self._held += len(one.nodes)
            while self._held > self._nodes:
                self._drop(next(iter(self._graphs)))

    def _drop(self, key: Hashable) -> None:
        former = self._graphs.pop(key, None)
        if former is not None:
            self._held -= len(former.nodes)


def _key(space: Hashable, params: Mapping[str, Any]) -> Hashable:
    return space, repr(dict(params))

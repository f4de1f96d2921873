"""Cells whose vertices are operations and whose edges carry values (Ying et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import EncodingError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Sources = Sequence[Sequence[int]]

OUTPUT = "output"


@dataclass(frozen=True, kw_only=True)
class Dag:
    """A directed acyclic graph from one input, vertex 0, to one output, the last vertex.

    Every vertex is on a path from the input to the output; :meth:`pruned` drops the others.

    Attributes:
        operations: Operations of the vertices between input and output.
        sources: The vertices that each vertex from 1 to the output reads, in ascending order.

    Example:
        >>> dag = Dag.from_text("conv~0+pool~0+conv~1+output~0,3", ("conv", "pool"))
        >>> dag.to_text()
        'conv~0+conv~1+output~0,2'
        >>> dag.edges
        4
    """

    operations: tuple[str, ...]
    sources: tuple[tuple[int, ...], ...]

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(map(len, self.sources))

    @staticmethod
    def pruned(operations: Sequence[str], sources: Sources) -> Dag:
        """The vertices on paths from the input to the output, numbered anew in the same order.

        Args:
            operations: As in the attributes.
            sources: As in the attributes, also of vertices that are on no path.

        Raises:
            EncodingError: There is no path.
        """
        last = len(sources)
        reached, needed = {0}, {last}
        for vertex in range(1, last + 1):
            if not reached.isdisjoint(sources[vertex - 1]):
                reached.add(vertex)
        for vertex in range(last, 0, -1):
            if vertex in needed:
                needed.update(sources[vertex - 1])
        kept = sorted(reached & needed)
        if last not in kept:
            raise EncodingError("no path leads from the input of the cell to its output")
        place = {vertex: number for number, vertex in enumerate(kept)}
        return Dag(
            operations=tuple(operations[vertex - 1] for vertex in kept[1:-1]),
            sources=tuple(
                tuple(sorted(place[source] for source in sources[vertex - 1] if source in place))
                for vertex in kept[1:]
            ),
        )

    def to_text(self) -> str:
        """``op~0+op~0,1+output~1,2``: operation and sources of each vertex after the input."""
        named = zip((*self.operations, OUTPUT), self.sources, strict=True)
        return "+".join(f"{name}~{','.join(map(str, reads))}" for name, reads in named)

    @staticmethod
    def from_text(text: str, known: Collection[str]) -> Dag:
        """Read what :meth:`to_text` wrote, and drop vertices that are on no path.

        Args:
            text: The cell.
            known: Names of the operations.

        Raises:
            EncodingError: The text is malformed; the message names the vertex.
        """
        vertices = text.strip().split("+")
        operations, sources = [], []
        for number, vertex in enumerate(vertices, start=1):
            where = f"vertex {number}, {vertex!r}"
            operation, tilde, reads = vertex.partition("~")
            if not tilde:
                raise EncodingError(
                    f"{where}: expected an operation and its sources, like op~0,1",
                    hint="The form is op~0+op~0,1+output~1,2.",
                )
            expected = [OUTPUT] if number == len(vertices) else list(known)
            if operation not in expected:
                raise EncodingError(
                    f"{where}: expected {' or '.join(expected)}, got {operation!r}",
                    hint=nearest(operation, expected),
                )
            operations.append(operation)
            sources.append(_read_sources(reads, number, where))
        return Dag.pruned(operations[:-1], sources)

    def widths(self, channels: int) -> tuple[int, ...]:
        """Channels of the vertices between input and output.

        The output concatenates ``channels`` in all, shared equally by the vertices that it reads;
        the first ones take the remainder. Any other vertex is as wide as the widest that reads it.

        Args:
            channels: Channels of the output.
        """
        joined = [source for source in self.sources[-1] if source]
        widths = [0] * len(self.sources)
        for number, vertex in enumerate(joined):
            share, remainder = divmod(channels, len(joined))
            widths[vertex] = share + (number < remainder)
        for vertex in range(len(self.operations), 0, -1):
            if vertex not in joined:
                readers = range(vertex + 1, len(self.sources))
                widths[vertex] = max(widths[r] for r in readers if vertex in self.sources[r - 1])
        return tuple(widths[1:])


def _read_sources(text: str, vertex: int, where: str) -> tuple[int, ...]:
    parts = text.split(",")
    known = {str(source): source for source in range(vertex)}
    if len(set(parts)) != len(parts) or not known.keys() >= set(parts):
        raise EncodingError(
            f"{where}: expected different earlier vertices, from 0 to {vertex - 1}, got {text!r}"
        )
    return tuple(sorted(known[part] for part in parts))

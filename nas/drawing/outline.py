"""An architecture as its scopes, with chains joined and repetitions folded."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from nas.drawing.entry import Entry
from nas.drawing.signature import between, exact, loose, offsets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.drawing.view import View
    from nas.graph.node import Node

_LONGEST_CHAIN = 8
_SMALLEST_COPY = 4
_DIFFERENCES = 2
_SHARED = 3


def outline(view: View) -> tuple[Entry, ...]:
    """The entries of a drawing of an architecture, in the order of computation.

    Scopes are the prefixes of node names. A scope whose operations form a chain is one entry; so
    is a chain of operations directly inside a scope. Equal scopes that follow each other are drawn
    once, and a scope similar to an earlier one names it and shows only the differences.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> from nas.drawing.view import View
        >>> b = GraphBuilder()
        >>> x = b.conv2d(b.input((1, 3, 8, 8)), 4, name="stem")
        >>> for block in range(3):
        ...     with b.scope(f"block{block}"):
        ...         x = b.relu(b.conv2d(x, 4))
        >>> [entry.title for entry in outline(View(b.build(x)))]
        ['stem', 'block0 to block2']
    """
    return _Outliner(view).entries("", view.nodes)


class _Outliner:
    """Builds the entries of a graph, from outer scopes to inner ones."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._graph = view.graph
        self._drawn: list[Entry] = []

    def entries(self, path: str, nodes: Sequence[Node]) -> tuple[Entry, ...]:
        """The entries of a scope."""
        return tuple(map(self._opened, self._folded(self._parts(path, nodes))))

    def _parts(self, path: str, nodes: Sequence[Node]) -> list[Entry]:
        """Scopes and operations directly in a scope, operations in a row joined."""
        start = len(path) + 1 if path else 0
        parts: list[Entry] = []
        for (name, is_scope), group in groupby(nodes, lambda node: _head(node.name[start:])):
            members = tuple(group)
            inner = f"{path}.{name}" if path else name
            entry = Entry(name=name, path=inner, nodes=members, last=members[-1].name)
            if not is_scope and parts and self._continues(parts[-1], members[0]):
                before = parts.pop()
                entry = replace(entry, nodes=before.nodes + members)
            parts.append(entry)
        return parts

    def _continues(self, before: Entry, node: Node) -> bool:
        alone = before.nodes[-1].name == before.path  # operations, not a scope
        joined = (*before.nodes, node)
        return alone and len(joined) <= _LONGEST_CHAIN and self._in_a_row(joined)

    def _in_a_row(self, nodes: Sequence[Node]) -> bool:
        """Whether each node is the only reader of the node before it."""
        for before, node in pairwise(nodes):
            others = set(node.inputs) - {before.name} - self._view.ambient.keys()
            readers = set(self._graph.consumers[before.name])
            if others or readers != {node.name} or before.name in self._graph.outputs:
                return False
        return True

    def _folded(self, parts: Sequence[Entry]) -> list[Entry]:
        """Equal scopes that follow each other as one entry."""
        places = {node.name: index for index, part in enumerate(parts) for node in part.nodes}
        folded: list[Entry] = []
        previous: tuple[object, ...] | None = None
        for index, part in enumerate(parts):
            now = (exact(self._graph, part), offsets(self._view.reads(part), places, index))
            if now == previous and part.nodes[-1].name != part.path:
                same = folded[-1]
                folded[-1] = replace(same, repeats=(*same.repeats, part.name), last=part.last)
            else:
                folded.append(part)
            previous = now
        return folded

    def _opened(self, entry: Entry) -> Entry:
        """A scope with its entries, or as a copy of one that is drawn already."""
        if len(entry.nodes) <= _LONGEST_CHAIN and self._in_a_row(entry.nodes):
            return entry
        if entry.nodes[-1].name == entry.path:
            return entry
        return self._copied(entry) or self._drawn_out(entry)

    def _drawn_out(self, entry: Entry) -> Entry:
        inner = self.entries(entry.path, entry.nodes)
        full = replace(entry, entries=inner)
        if len(inner) == 1 and not inner[0].repeats and not inner[0].like:
            full = replace(full, entries=inner[0].entries)
        self._drawn.append(full)
        return full

    def _copied(self, entry: Entry) -> Entry | None:
        if len(entry.nodes) < _SMALLEST_COPY:
            return None
        own = loose(self._graph, entry)
        for earlier in self._drawn:
            if loose(self._graph, earlier) == own:
                return replace(entry, like=earlier.path)
        parts = replace(entry, entries=tuple(self._parts(entry.path, entry.nodes)))
        copies = [self._nearly(parts, earlier) for earlier in self._drawn if not earlier.like]
        nearest = min(filter(None, copies), key=lambda copy: copy.differences, default=None)
        if nearest is None:
            return None
        different = replace(nearest, entries=tuple(map(self._opened, nearest.entries)))
        self._drawn.append(different)
        return different

    def _nearly(self, entry: Entry, earlier: Entry) -> Entry | None:
        """The scope as a copy of an earlier one, except for one or two entries."""
        model = {part.name: part for part in self._parts(earlier.path, earlier.nodes)}
        here = {part.name: part for part in entry.entries}
        same = {
            name
            for name in model.keys() & here.keys()
            if loose(self._graph, model[name]) == loose(self._graph, here[name])
        }
        differing = len(model.keys() | here.keys()) - len(same)
        if differing > _DIFFERENCES or len(same) < _SHARED:
            return None
        whole = replace(earlier, entries=tuple(model.values()))
        if between(entry, same) != between(whole, same):
            return None
        return replace(
            entry,
            like=earlier.path,
            without=tuple(name for name in model if name not in here),
            entries=tuple(part for part in entry.entries if part.name not in same),
        )


def _head(name: str) -> tuple[str, bool]:
    """The first part of a relative name, and whether more follows."""
    head, dot, _ = name.partition(".")
    return head, bool(dot)

"""Isomorphism-invariant fingerprint of a graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.node import Node
    from nas.graph.op import Op
    from nas.graph.parts import GraphParts
    from nas.graph.tensor_spec import Shape

_EMPTY = blake2b(digest_size=16)

Colours = dict[str, bytes]
"""The colour of each node by name; nodes not yet distinguished share a colour."""

Links = dict[str, list[tuple[bytes, str]]]
"""The distinct neighbours of each node, each with a label of its input positions."""


def fingerprint(graph: GraphParts) -> str:
    """Hash that is equal for graphs equal up to node names and commutative order.

    This is Weisfeiler-Lehman colour refinement. A node's first colour is a digest of its
    operation; refinement then adds the colours of its readers and of its inputs, with their
    multiplicity, until no further nodes are distinguished. Because the graph is acyclic, one sweep
    carries a colour along whole paths. The result digests the multiset of all colours, so one
    shared convolution and two equal ones differ.

    Colours alone cannot distinguish one ring of eight equal layers from two rings of four. So each
    connected part of nodes that share their colours is individualised: one node is marked and the
    others are refined again, see :meth:`_Colouring._digest`. Two nodes may keep one colour even
    where no automorphism maps one to the other. Then isomorphic graphs may get different hashes,
    which costs a second scoring; different architectures never share a hash.
    """
    return _Colouring(graph).fingerprint()


class _Colouring:
    """Colour refinement over the neighbours of every node."""

    def __init__(self, graph: GraphParts) -> None:
        self._graph = graph
        self._inputs: Links = {spec.name: [] for spec in graph.inputs}
        for node in graph.nodes:
            self._inputs[node.name] = _links(node)

    @cached_property
    def _readers(self) -> Links:
        readers: Links = {name: [] for name in self._inputs}
        for name, links in self._inputs.items():
            for label, read in links:
                readers[read].append((label, name))
        return readers

    def fingerprint(self) -> str:
        """Digest of the whole graph."""
        graph, order = self._graph, list(self._inputs)
        colours = {
            spec.name: _input_token(position, spec.shape, spec.dtype)
            for position, spec in enumerate(graph.inputs)
        }
        colours.update((node.name, _token(node.op)) for node in graph.nodes)
        for position, name in enumerate(graph.outputs):
            colours[name] = _digest(b"output%d" % position, colours[name])
        self._sweep(order, colours, self._inputs)
        # One sweep along the inputs gives each node a digest of everything upstream of it. If all
        # digests differ, every edge is determined by them, so they identify the graph; this is the
        # usual case, and the costly refinement below is skipped.
        if _all_differ(order, colours):
            return _digest(*sorted(colours.values())).hex()
        self._refine(order, colours)
        parts = [self._digest(part, colours) for part in self._parts(order, colours)]
        return _digest(*sorted(colours.values()), *sorted(parts)).hex()

    def _digest(self, nodes: list[str], colours: Colours) -> bytes:
        """Digest of a connected part beyond its colours; empty if no two nodes share a colour.

        Otherwise each node of the smallest colour class is marked in turn, and the marking that
        gives the smallest colours is kept.
        """
        # Marking one node breaks the symmetry of the part. The choice of the node must not depend
        # on names or order: so all nodes of one class are tried, and the minimum over their sorted
        # colours is the same for isomorphic graphs. The class with fewest nodes needs the fewest
        # trials. Nodes that are images of each other give equal colours when marked, so a tie
        # between them is harmless. The recursion ends because every marking splits a class.
        shared = _shared(nodes, colours)
        if not shared:
            return b""
        members = min(shared.values(), key=lambda names: (len(names), colours[names[0]]))
        marked = (self._marked(nodes, colours, name) for name in members)
        best = min(marked, key=lambda own: sorted(own.values()))
        parts = [self._digest(part, best) for part in self._parts(nodes, best)]
        return _digest(*sorted(best.values()), *sorted(parts))

    def _marked(self, nodes: list[str], colours: Colours, name: str) -> Colours:
        """Colours of some nodes after one of them is marked and the others are refined."""
        own = {node: colours[node] for node in nodes}
        own[name] = _digest(b"marked", own[name])
        self._refine(nodes, own)
        return own

    def _refine(self, nodes: list[str], colours: Colours) -> None:
        """Distinguish the nodes whose neighbours differ, until sweeps find no more."""
        # A node with a unique colour is final and leaves the sweeps. The loop ends when a pair of
        # sweeps splits no shared colour.
        known = 0
        while nodes:
            self._sweep(nodes[::-1], colours, self._readers)
            self._sweep(nodes, colours, self._inputs)
            if _all_differ(nodes, colours):
                return
            sizes = Counter([colours[node] for node in nodes])
            if len(sizes) == known:
                return
            nodes = [node for node in nodes if sizes[colours[node]] > 1]
            known = sum(size > 1 for size in sizes.values())

    def _sweep(self, order: Sequence[str], colours: Colours, links: Links) -> None:
        """Add to every colour those of the neighbours; they come earlier in the order."""
        for node in order:
            near = [label + colours[name] for label, name in links[node] if name in colours]
            if len(near) > 1:
                near.sort()
            hasher = _EMPTY.copy()
            hasher.update(colours[node] + b"".join(near))
            colours[node] = hasher.digest()

    def _parts(self, nodes: list[str], colours: Colours) -> list[list[str]]:
        """The connected parts (union-find) of the nodes that share their colour with another."""
        shared = [name for names in _shared(nodes, colours).values() for name in names]
        if not shared:
            return []
        root = {name: name for name in shared}

        def find(name: str) -> str:
            while root[name] != name:
                root[name] = name = root[root[name]]
            return name

        for name in shared:
            for _, read in self._inputs[name]:
                if read in root:
                    root[find(read)] = find(name)
        parts: dict[str, list[str]] = defaultdict(list)
        for name in nodes:
            if name in root:
                parts[find(name)].append(name)
        return list(parts.values())


def _shared(nodes: list[str], colours: Mapping[str, bytes]) -> dict[bytes, list[str]]:
    """The nodes of each colour that at least two nodes have."""
    shared: dict[bytes, list[str]] = defaultdict(list)
    if not _all_differ(nodes, colours):
        sizes = Counter([colours[node] for node in nodes])
        for node in nodes:
            if sizes[colours[node]] > 1:
                shared[colours[node]].append(node)
    return shared


def _all_differ(nodes: list[str], colours: Mapping[str, bytes]) -> bool:
    return len({colours[node] for node in nodes}) == len(nodes)


def _links(node: Node) -> list[tuple[bytes, str]]:
    names = node.inputs
    if len(names) == 1:
        return [(_FIRST, names[0])]
    if len(set(names)) == len(names):
        if node.op.commutative:
            return [(_FIRST, name) for name in names]
        return [(_label((position,)), name) for position, name in enumerate(names)]
    places: dict[str, tuple[int, ...]] = {}
    for position, name in enumerate(names):
        places[name] = (*places.get(name, ()), 0 if node.op.commutative else position)
    return [(_label(positions), name) for name, positions in places.items()]


@lru_cache(maxsize=1024)
def _label(positions: tuple[int, ...]) -> bytes:
    return _digest(repr(positions).encode())


@lru_cache(maxsize=1024, typed=True)
def _input_token(position: int, shape: Shape, dtype: str) -> bytes:
    return _digest(repr((position, shape, dtype)).encode())


@lru_cache(maxsize=4096)
def _token(op: Op) -> bytes:
    return _digest(repr(op).encode())


def _digest(*parts: bytes) -> bytes:
    hasher = _EMPTY.copy()  # half the time of making one
    hasher.update(b"".join(parts))
    return hasher.digest()


_FIRST = _label((0,))
"""Label of the first or only input of a node, and of every input of a commutative one."""

"""One entry of a drawing of an architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.graph.node import Node


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A chain of operations, or a scope with inner entries.

    Attributes:
        name: Name inside the scope around it.
        path: Full name; the prefix of its nodes where it is a scope.
        nodes: The operations, those of inner entries included; of the first where it stands for
            several.
        entries: Inner entries; empty in a chain of operations. A copy of another scope holds only
            the entries that differ.
        repeats: Names of the equal scopes that follow and are not drawn.
        last: Name of the node with the result of the last of them.
        like: Path of an earlier scope that this one equals except for sizes and ``entries``.
        without: Names of entries of that scope that are missing here.
    """

    name: str
    path: str
    nodes: tuple[Node, ...]
    last: str
    entries: tuple[Entry, ...] = ()
    repeats: tuple[str, ...] = ()
    like: str = ""
    without: tuple[str, ...] = ()

    @property
    def times(self) -> int:
        """Number of equal scopes that it represents, itself included."""
        return 1 + len(self.repeats)

    @property
    def title(self) -> str:
        """``cell0``, or ``cell0 to cell4`` where it represents several."""
        return f"{self.name} to {self.repeats[-1]}" if self.repeats else self.name

    @property
    def differences(self) -> int:
        """Entries in which a copy differs from the scope that it copies."""
        return len(self.without) + len(self.entries)

    @property
    def is_chain(self) -> bool:
        """Whether it is a chain of operations."""
        return not self.entries and not self.like

    def reads(self) -> tuple[str, ...]:
        """Names of the values that it reads from outside, in the order of reading.

        A value that one operation reads twice is listed twice.
        """
        known = {node.name for node in self.nodes}
        found: list[str] = []
        for node in self.nodes:
            found += [name for name in node.inputs if name not in known]
            known.update(node.inputs)
        return tuple(found)

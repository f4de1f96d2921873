"""Cells as data: which operation each block applies to which earlier state."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.errors import EncodingError, nearest
from nas.files import parse_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Edge(NamedTuple):
    """An operation and the state it reads.

    States 0 and 1 are the outputs of the cell before the previous one and of the previous one,
    state 2 is the first block, and so on.
    """

    op: str
    state: int


Block = tuple[Edge, Edge]
"""Two edges whose results are added."""


@dataclass(frozen=True, kw_only=True)
class Genotype:
    """A normal and a reduction cell, as published by DARTS and its successors.

    Attributes:
        normal: Blocks of the cell that keeps the resolution.
        normal_concat: States concatenated along the channels as its output.
        reduce: Blocks of the cell that halves the resolution; operations that read state 0 or 1
            have stride 2.
        reduce_concat: States concatenated as its output.

    Example:
        >>> block = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
        >>> cell = Genotype(
        ...     normal=(block,), normal_concat=(2,), reduce=(block,), reduce_concat=(2,)
        ... )
        >>> Genotype.from_json(cell.to_json()) == cell
        True
    """

    normal: tuple[Block, ...]
    normal_concat: tuple[int, ...]
    reduce: tuple[Block, ...]
    reduce_concat: tuple[int, ...]

    def cells(self) -> Iterator[tuple[str, tuple[Block, ...], tuple[int, ...]]]:
        """Kind, blocks and concatenation of both cells."""
        yield "normal", self.normal, self.normal_concat
        yield "reduce", self.reduce, self.reduce_concat

    def to_json(self) -> str:
        """The genotype as a JSON object on one line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Genotype:
        """Read a genotype that :meth:`to_json` wrote.

        Raises:
            EncodingError: The text is not a genotype; the message names the place.
        """
        keys = ("normal", "normal_concat", "reduce", "reduce_concat")
        expected = f"expected a genotype as a JSON object of {', '.join(keys)}"
        data = parse_json(text, dict, lambda why: EncodingError(f"{expected}, got {text[:80]!r}"))
        if set(data) != set(keys):
            raise EncodingError(f"{expected}, got {sorted(data)}")
        normal = _read_blocks(data["normal"], "normal")
        reduce = _read_blocks(data["reduce"], "reduce")
        return Genotype(
            normal=normal,
            normal_concat=_read_concat(data["normal_concat"], "normal_concat", len(normal)),
            reduce=reduce,
            reduce_concat=_read_concat(data["reduce_concat"], "reduce_concat", len(reduce)),
        )


def check_operations(genotype: Genotype, operations: Collection[str]) -> None:
    """Raise unless the genotype has only these operations.

    Raises:
        EncodingError: It names another one; the message suggests the nearest.
    """
    for kind, blocks, _ in genotype.cells():
        for index, block in enumerate(blocks):
            for side, edge in enumerate(block):
                if edge.op not in operations:
                    raise EncodingError(
                        f"{kind}[{index}][{side}]: unknown operation {edge.op!r}",
                        hint=nearest(edge.op, operations) or f"Known: {', '.join(operations)}.",
                    )


def check_blocks(genotype: Genotype, count: int) -> None:
    """Raise unless both cells have ``count`` blocks.

    Raises:
        EncodingError: One has another number.
    """
    for kind, blocks, _ in genotype.cells():
        if len(blocks) != count:
            raise EncodingError(f"{kind}: expected {count} blocks, got {len(blocks)}")


def unused_states(blocks: tuple[Block, ...]) -> tuple[int, ...]:
    """The states that no block reads."""
    read = {edge.state for block in blocks for edge in block}
    return tuple(state for state in range(len(blocks) + 2) if state not in read)


def _read_blocks(data: Any, where: str) -> tuple[Block, ...]:
    if not isinstance(data, list) or not data:
        raise EncodingError(f"{where}: expected a list of blocks, got {data!r}")
    return tuple(
        _read_block(block, index, f"{where}[{index}]") for index, block in enumerate(data)
    )


def _read_block(data: Any, index: int, where: str) -> Block:
    if not isinstance(data, list) or len(data) != 2:
        raise EncodingError(f"{where}: expected two [operation, state] pairs, got {data!r}")
    left, right = (
        _read_edge(edge, index + 2, f"{where}[{side}]") for side, edge in enumerate(data)
    )
    return left, right


def _read_edge(data: Any, states: int, where: str) -> Edge:
    match data:
        case [str(op), int(state)] if not isinstance(state, bool):
            if not 0 <= state < states:
                raise EncodingError(
                    f"{where}: state {state} does not exist here; expected 0 to {states - 1}"
                )
            return Edge(op, state)
    raise EncodingError(f"{where}: expected [operation, state], got {data!r}")


def _read_concat(data: Any, where: str, blocks: int) -> tuple[int, ...]:
    last = blocks + 1
    if (
        not isinstance(data, list)
        or not data
        or len(set(map(repr, data))) != len(data)
        or not all(type(state) is int and 0 <= state <= last for state in data)
    ):
        raise EncodingError(f"{where}: expected distinct states from 0 to {last}, got {data!r}")
    return tuple(data)

"""The splits of DeepNets-1M: how large the networks of each are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Split:
    """Ranges that networks are drawn from, both ends included.

    Attributes:
        cells: Number of cells.
        steps: Number of blocks in a cell.
        shallow: Up to so many cells a network may have all ``steps``, and no global pooling.
        deep_steps: Most blocks in a cell of a network with more cells.
        max_params: Larger networks, at a width of 32 on images of 32x32 pixels, are left out.
        widths: Widths as multiples of half the width of the space; the wide end is for networks
            that are cheap.
        norm: ``"batch"``, ``"none"``, or ``"either"``: none in half of the smallest networks.
        always_project: Whether all networks without attention project the inputs of their cells.
    """

    cells: tuple[int, int] = (4, 18)
    steps: tuple[int, int] = (1, 4)
    shallow: int = 9
    deep_steps: int = 2
    max_params: int = 10**7
    widths: tuple[int, int] = (2, 2)
    norm: str = "either"
    always_project: bool = True


SPLITS = {
    "train": Split(widths=(2, 8)),
    "val": Split(),
    "test": Split(),
    "wide": Split(widths=(8, 8)),
    "deep": Split(cells=(10, 36), shallow=18, max_params=10**8),
    "dense": Split(steps=(2, 10), deep_steps=6, max_params=10**8),
    "bnfree": Split(norm="none"),
    "search": Split(
        cells=(6, 20),
        steps=(1, 6),
        shallow=10,
        deep_steps=3,
        norm="batch",
        always_project=False,
    ),
}
"""As published, but for one number: the generator draws ``shallow`` of the first four and of
``dense`` from 7 to 10 for each network."""

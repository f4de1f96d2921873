"""The splits of DeepNets-1M: ranges of the sizes of their networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Split:
    """Ranges from which networks are drawn, including both ends.

    Attributes:
        cells: Number of cells.
        steps: Number of blocks in a cell.
        shallow: Largest number of cells with which a network may have all ``steps``, and no
            global pooling.
        deep_steps: Most blocks in a cell of a network with more cells.
        max_params: Largest number of parameters at a width of 32 on images of 32x32 pixels; larger
            networks are rejected.
        widths: Widths as multiples of half the width of the space; only cheap networks get large
            ones.
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
"""As published, with one exception: for each network the generator draws ``shallow`` of the first
four and of ``dense`` from 7 to 10."""

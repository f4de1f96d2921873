"""Arithmetic of sliding windows, shared by convolution and pooling."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nas.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.graph.tensor_spec import Shape

Pair = tuple[int, int]

WindowSizes = tuple[int, ...]
"""One whole number for each spatial dimension."""

_BATCHES = {
    0: "a vector batch (B, C)",
    1: "a sequence batch (B, C, T)",
    2: "an image batch (B, C, H, W)",
    3: "a volume batch (B, C, D, H, W)",
}
_UNITS = {
    1: ("a sequence", "positions"),
    2: ("an image", "pixels"),
    3: ("a volume", "voxels"),
}


def pair(value: int | Pair) -> Pair:
    """``3`` → ``(3, 3)``."""
    return (value, value) if isinstance(value, int) else value


def each(value: int | WindowSizes, dims: int) -> WindowSizes:
    """``3`` → ``(3, 3, 3)`` for three spatial dimensions."""
    return (value,) * dims if isinstance(value, int) else value


def same_padding(kernel: WindowSizes, dilation: int | WindowSizes) -> WindowSizes:
    """Padding that keeps the size at stride 1 for odd windows."""
    gaps = each(dilation, len(kernel))
    return tuple([gap * (window - 1) // 2 for window, gap in zip(kernel, gaps, strict=True)])


@lru_cache(maxsize=4096)
def slide(
    x: Shape,
    kernel: WindowSizes,
    stride: WindowSizes,
    padding: WindowSizes,
    dilation: int | WindowSizes = 1,
) -> WindowSizes:
    """Output sizes of a window sliding over ``x (B, C, ...)``.

    Raises:
        ShapeError: ``x`` has other dimensions than the window, or the window does not fit into it.
    """
    sizes = spatial(x, len(kernel))[2:]
    gaps = each(dilation, len(kernel))
    output = tuple(
        [
            (size + 2 * pad - gap * (window - 1) - 1) // step + 1
            for size, pad, gap, window, step in zip(
                sizes, padding, gaps, kernel, stride, strict=True
            )
        ]
    )
    if min(output) < 1:
        smallest = (
            max(1, gap * (window - 1) + 1 - 2 * pad)
            for gap, window, pad in zip(gaps, kernel, padding, strict=True)
        )
        thing, units = _UNITS[len(sizes)]
        raise ShapeError(
            f"expected {thing} of at least {_times(smallest)} {units}, got {_times(sizes)}",
            hint="Use a smaller window or stride, or fewer reductions before it.",
        )
    return output


def transposed_slide(
    x: Shape,
    kernel: WindowSizes,
    stride: WindowSizes,
    padding: WindowSizes,
    extra: WindowSizes,
    dilation: int | WindowSizes,
) -> WindowSizes:
    """Output sizes of a transposed window, which writes where :func:`slide` reads.

    Args:
        x: Shape of the input, (B, C, ...).
        kernel: WindowSizes of the window.
        stride: Distance of the output positions of neighbouring inputs.
        padding: Positions cut off on each side.
        extra: Positions added on one side; they choose among the sizes that one stride maps to
            the same input size.
        dilation: Spacing of the window's taps.

    Raises:
        ShapeError: ``x`` has other dimensions than the window, or the padding leaves nothing.
    """
    sizes = spatial(x, len(kernel))[2:]
    rows = zip(sizes, kernel, stride, padding, extra, each(dilation, len(kernel)), strict=True)
    spread_sizes = tuple(
        (size - 1) * step + gap * (window - 1) + 1 + more - 2 * pad
        for size, window, step, pad, more, gap in rows
    )
    if min(spread_sizes) < 1:
        raise ShapeError(
            f"expected a padding that leaves something of {_times(sizes)}, got {_times(padding)}"
        )
    return spread_sizes


def spatial(x: Shape, *dims: int) -> Shape:
    """``x`` itself, checked to be ``(B, C, ...)`` with one of these numbers of dimensions.

    Raises:
        ShapeError: It has another number of dimensions.
    """
    if len(x) - 2 not in dims:
        raise ShapeError(f"expected {' or '.join(_BATCHES[count] for count in dims)}, got {x}")
    return x


def image(x: Shape) -> Shape:
    """``x`` itself, checked to be ``(B, C, H, W)``.

    Raises:
        ShapeError: It has another number of dimensions.
    """
    return spatial(x, 2)


def tokens(x: Shape) -> Shape:
    """``x`` itself, checked to be ``(B, T, C)``.

    Raises:
        ShapeError: It has another number of dimensions.
    """
    if len(x) != 3:
        raise ShapeError(f"expected a batch of tokens (B, T, C), got {x}")
    return x


def _times(sizes: Iterable[int]) -> str:
    """``(3, 5)`` → ``"3x5"``."""
    return "x".join(map(str, sizes))

"""Arithmetic of sliding windows, shared by convolution and pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ShapeError

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

Pair = tuple[int, int]


def pair(value: int | Pair) -> Pair:
    """``3`` → ``(3, 3)``."""
    return (value, value) if isinstance(value, int) else value


def same_padding(kernel: Pair, dilation: int) -> Pair:
    """Padding that keeps the size at stride 1 for odd windows."""
    return dilation * (kernel[0] - 1) // 2, dilation * (kernel[1] - 1) // 2


def slide(x: Shape, kernel: Pair, stride: Pair, padding: Pair, dilation: int = 1) -> Pair:
    """Output height and width of a window sliding over ``x (B, C, H, W)``.

    Raises:
        ShapeError: ``x`` is no image batch, or the window does not fit into it.
    """
    image(x)
    height, width = (
        (size + 2 * pad - dilation * (window - 1) - 1) // step + 1
        for size, pad, window, step in zip(x[2:], padding, kernel, stride, strict=True)
    )
    if height < 1 or width < 1:
        smallest = (
            max(1, dilation * (window - 1) + 1 - 2 * pad)
            for window, pad in zip(kernel, padding, strict=True)
        )
        raise ShapeError(
            f"expected an image of at least {'x'.join(map(str, smallest))} pixels, "
            f"got {x[2]}x{x[3]}",
            hint="Use a smaller window or stride, or fewer reductions before it.",
        )
    return height, width


def image(x: Shape) -> Shape:
    """``x`` itself, checked to be ``(B, C, H, W)``.

    Raises:
        ShapeError: It has another number of dimensions.
    """
    if len(x) != 4:
        raise ShapeError(f"expected an image batch (B, C, H, W), got {x}")
    return x

"""Pictures of error distribution functions: as text, and as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.analysis.error_distribution import ErrorDistribution

_MARKS = "ox+#"
_SHARED = "*"
_COLOURS = ("#1f6fb4", "#d1602b", "#2f8f4e", "#7d4fa0")
_WIDTH, _HEIGHT, _MARGIN = 480, 320, 48
_TICKS = 5
_ROOM = 0.05


def text_curves(
    curves: Mapping[str, ErrorDistribution], *, columns: int = 60, rows: int = 12
) -> str:
    """The share of networks (vertical) below an error (horizontal), with a mark for each space.

    Args:
        curves: By name, four at most.
        columns: Characters of the plot in a line.
        rows: Lines of the plot.

    Example:
        >>> from nas.analysis.error_distribution import ErrorDistribution
        >>> print(text_curves({"a": ErrorDistribution((0.1, 0.2))}, columns=8, rows=3))
        100%        o
              oooooo
          0% o
             10%  20%
             o a
    """
    low, high = _bounds(list(curves.values()))
    grid = [[" "] * columns for _ in range(rows)]
    for mark, curve in zip(_MARKS, curves.values(), strict=False):
        for column in range(columns):
            error = low + (high - low) * column / (columns - 1)
            row = grid[round((1 - curve(error)) * (rows - 1))]
            row[column] = mark if row[column] == " " else _SHARED
    legend = [f"{mark} {name}" for mark, name in zip(_MARKS, curves, strict=False)]
    if any(_SHARED in row for row in grid):
        legend.append(f"{_SHARED} several")
    shares = ["100%", *[""] * (rows - 2), "0%"]
    first, last = f"{low:.0%}", f"{high:.0%}"
    lines = [f"{share:>4} {''.join(row)}" for share, row in zip(shares, grid, strict=True)]
    scale = first + last.rjust(columns - len(first))
    return "\n".join(
        line.rstrip() for line in [*lines, f"     {scale}", f"     {'  '.join(legend)}"]
    )


def svg_curves(curves: Mapping[str, ErrorDistribution], *, label: str = "error") -> str:
    """The same as a drawing: an SVG document.

    Args:
        curves: By name, four at most.
        label: Label of the horizontal axis.
    """
    bounds = _bounds(list(curves.values()))
    parts = [_axes(*bounds, label)]
    for index, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _steps(curve, *bounds))
        top = _MARGIN / 2 + 18 * index
        text = f"{name}, mean {curve.mean:.1%}, least {curve.least:.1%}"
        parts += [
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>',
            f'<text x="{_MARGIN + 10}" y="{top + 12}" fill="{colour}">{escape(text)}</text>',
        ]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'


def _bounds(curves: Sequence[ErrorDistribution]) -> tuple[float, float]:
    """Range of all errors with a margin on both sides."""
    low = min(curve.errors[0] for curve in curves)
    high = max(curve.errors[-1] for curve in curves)
    room = _ROOM * (high - low) or _ROOM
    return low - room, high + room


def _steps(curve: ErrorDistribution, low: float, high: float) -> list[tuple[float, float]]:
    """Corners of the curve in the drawing: it rises at each error."""
    corners = [(_x(low, low, high), _y(0))]
    for rank, error in enumerate(curve.errors):
        x = _x(error, low, high)
        corners += [(x, _y(rank / len(curve.errors))), (x, _y((rank + 1) / len(curve.errors)))]
    return [*corners, (_x(high, low, high), _y(1))]


def _axes(low: float, high: float, label: str) -> str:
    left, bottom = _x(low, low, high), _y(0)
    lines = [
        f'<path d="M{left},{_y(1)} V{bottom} H{_x(high, low, high)}" fill="none" stroke="#444"/>',
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>',
    ]
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        error = low + (high - low) * share
        lines += [
            f'<text x="{_x(error, low, high):.1f}" y="{bottom + 16}" text-anchor="middle">'
            f"{error:.1%}</text>",
            f'<text x="{left - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>',
        ]
    return "\n".join(lines)


def _x(error: float, low: float, high: float) -> float:
    return _MARGIN + (_WIDTH - 1.5 * _MARGIN) * (error - low) / (high - low)


def _y(share: float) -> float:
    return _HEIGHT - _MARGIN - (_HEIGHT - 1.5 * _MARGIN) * share

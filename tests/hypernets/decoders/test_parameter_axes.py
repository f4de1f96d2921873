from __future__ import annotations

import math

import pytest

from hypernets.decoders.parameter_axes import five_axes
from nas.graph.op import Role


@pytest.mark.parametrize(
    ("role", "shape", "axes"),
    [
        (Role.SCALE, (), (1, 1, 1, 1, 1)),
        (Role.BIAS, (7,), (7, 1, 1, 1, 1)),
        (Role.WEIGHT, (7, 5), (7, 5, 1, 1, 1)),
        (Role.WEIGHT, (7, 5, 3), (7, 5, 1, 1, 3)),
        (Role.WEIGHT, (7, 5, 4, 3), (7, 5, 1, 4, 3)),
        (Role.WEIGHT, (7, 5, 2, 4, 3), (7, 5, 2, 4, 3)),
        (Role.SCALE, (7, 1, 1), (7, 1, 1, 1, 1)),
        (Role.TABLE, (1, 197, 64), (197, 64, 1, 1, 1)),
        (Role.TABLE, (1, 8, 5, 6), (40, 6, 1, 1, 1)),
        (Role.WEIGHT, (2, 3, 2, 2, 2, 5), (48, 5, 1, 1, 1)),
    ],
)
def test_sizes(role: Role, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    assert five_axes(role, shape) == axes
    assert math.prod(axes) == math.prod(shape)

"""Parameters of any role and shape as five axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


def five_axes(role: Role, shape: Shape) -> tuple[int, int, int, int, int]:
    """Sizes (out, in, depth, height, width) of a parameter with as many elements, in its order.

    Windows of one or two axes are aligned to the last ones, vectors have one input, and looked-up
    tables and vectors of attention are rows of their last axis.

    Example:
        >>> from nas.graph.op import Role
        >>> five_axes(Role.WEIGHT, (16, 8, 3))
        (16, 8, 1, 1, 3)
        >>> five_axes(Role.TABLE, (1, 49, 64))
        (49, 64, 1, 1, 1)
    """
    if len(shape) < 2:
        return math.prod(shape), 1, 1, 1, 1
    if role in (Role.TABLE, Role.ATTENTION, Role.STACKED) or len(shape) > 5:
        return math.prod(shape[:-1]), shape[-1], 1, 1, 1
    out, channels, *window = shape
    depth, height, width = [1] * (3 - len(window)) + window
    return out, channels, depth, height, width

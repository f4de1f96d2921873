"""Parameters any decoder must make, whatever its sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.tensor_spec import Shape

HIDDEN, CHANNELS, KERNEL, CLASSES = 8, 12, 5, 3

SHAPES: tuple[Shape, ...] = (
    (),
    (1,),
    (29,),
    (7, 1),
    (13, 31),
    (40, 3, 9),
    (1, 17, 5),
    (5, 1, 1),
    (6, 5, 1, 7),
    (33, 2, 3, 4),
    (3, 4, 16, 16),
    (4, 3, 3, 2, 5),
)


def states(count: int = 4, hidden: int = HIDDEN) -> Tensor:
    return torch.randn(count, hidden, generator=torch.Generator().manual_seed(1))

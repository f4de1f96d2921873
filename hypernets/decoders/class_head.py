"""Last layers of decoders: their initial scale, and heads of any number of classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

FINAL_GAIN = 0.2
"""Factor of the last layers' initial weights (Knyazev et al. 2023, in the published program).

With larger factors networks start with losses far above that of chance, and training on a varied
set of networks then fails."""


def extend_class_vectors(vectors: Tensor, classes: int) -> Tensor:
    """Cut or extend learned class vectors to ``classes``: (D, learned) -> (D, classes).

    Classes beyond the learned ones get fixed normal vectors of the same expected length. They
    depend on the index of the class alone, so a head keeps its rows when classes are added.
    """
    hidden, learned = vectors.shape
    if classes <= learned:
        return vectors[:, :classes]
    draws = np.random.default_rng(0).standard_normal((classes, hidden), np.float32)
    unseen = torch.from_numpy(draws[learned:].T / math.sqrt(hidden)).to(vectors)
    return torch.cat([vectors, unseen], 1)

"""Check that the constants of a recorded run do not depend on the example inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.errors import ImportingError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.importers.imported import Imported


def nearby(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Slightly different inputs, for which constants must stay the same."""
    return tuple(
        (0.999 * x.detach() + 1e-3).requires_grad_(x.requires_grad) if x.is_floating_point() else x
        for x in inputs
    )


def check_fixed(imported: Imported, other: Imported) -> None:
    """Raise unless the constants of runs on different inputs are equal.

    Raises:
        ImportingError: One was computed from the inputs without torch functions.
    """
    for name in imported.state.keys() & other.state.keys() - imported.names.keys():
        if not torch.equal(imported.state[name], other.state[name]):
            raise ImportingError("a tensor was computed by something other than torch functions")

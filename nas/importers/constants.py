"""Constants of a run on an example, told from what was computed from it unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.errors import ImportingError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.importers.imported import Imported


def nearby(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Inputs that no constant may depend on."""
    return tuple(
        (0.999 * x.detach() + 1e-3).requires_grad_(x.requires_grad) if x.is_floating_point() else x
        for x in inputs
    )


def check_fixed(imported: Imported, other: Imported) -> None:
    """See that constants are the same for other inputs, where tensors are told by being there.

    Raises:
        ImportingError: One was computed from the inputs, unseen.
    """
    for name in imported.state.keys() & other.state.keys() - imported.names.keys():
        if not torch.equal(imported.state[name], other.state[name]):
            raise ImportingError("a tensor was computed by something other than torch functions")

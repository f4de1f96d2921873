"""A module that is trained as it is, and what its tensors are called in its graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor, nn

_MEAN, _COUNT = "running_mean", "num_batches_tracked"


@dataclass(frozen=True, eq=False)
class OwnModule:
    """A module of the user's, of which a graph says what it computes in evaluation mode.

    Attributes:
        module: With its own initial values.
        names: The module's own names of parameters and buffers, by their names in the graph.
    """

    module: nn.Module
    names: Mapping[str, str]

    @torch.no_grad()
    def start_from(self, params: Mapping[str, Tensor]) -> None:
        """Take values for what is learnt; frozen parameters keep their own.

        Args:
            params: By their names in the graph.
        """
        own = dict(self.module.named_parameters())
        for name, tensor in params.items():
            parameter = own[self.names[name]]
            if parameter.requires_grad:
                parameter.copy_(tensor)

    def names_of(self, state: Iterable[str]) -> dict[str, str]:
        """The module's own names for the state of its graph's module.

        Batch norms count their batches, which no output depends on, so that a graph does not name
        the count: it lies beside the mean. A norm written by hand may have none.
        """
        known = dict(self.names)
        for name, own in self.names.items():
            if name.endswith(_MEAN) and own.endswith(_MEAN):
                known[name.removesuffix(_MEAN) + _COUNT] = own.removesuffix(_MEAN) + _COUNT
        return {name: known[name] for name in state if name in known}

"""A user's module that is trained itself, and the names of its tensors in its graph."""

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
    """A user's module; a graph describes what it computes in evaluation mode.

    Attributes:
        module: The module with its own initial weights.
        names: The module's own names of parameters and buffers, by their names in the graph.
    """

    module: nn.Module
    names: Mapping[str, str]

    @torch.no_grad()
    def start_from(self, params: Mapping[str, Tensor]) -> None:
        """Set the initial values of learned parameters; frozen ones keep theirs.

        Args:
            params: Initial values by their names in the graph.
        """
        own = dict(self.module.named_parameters())
        for name, tensor in params.items():
            parameter = own[self.names[name]]
            if parameter.requires_grad:
                parameter.copy_(tensor)

    def names_of(self, state: Iterable[str]) -> dict[str, str]:
        """The module's own names for the state of its graph's module.

        Batch norms count their batches. The graph does not name the count, because no output
        depends on it; its name follows from that of the mean. A custom norm may have none.
        """
        known = dict(self.names)
        for name, own in self.names.items():
            if name.endswith(_MEAN) and own.endswith(_MEAN):
                known[name.removesuffix(_MEAN) + _COUNT] = own.removesuffix(_MEAN) + _COUNT
        return {name: known[name] for name in state if name in known}

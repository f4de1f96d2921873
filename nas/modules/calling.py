"""How networks of any origin are called on the nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import GraphError
from nas.modules.mode import evaluating
from nas.modules.state import on_copies, replaced_forward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

Arguments = Callable[..., tuple[Any, ...]]
"""What a network is called with, made of features (N, F) and edges (2, E), or of images."""


def as_given(*inputs: Tensor) -> tuple[Any, ...]:
    """The inputs themselves: ``forward(x, edge_index)``."""
    return inputs


def as_record(x: Tensor, edge_index: Tensor) -> tuple[Any, ...]:
    """A record of torch-geometric with both: ``forward(data)``."""
    from torch_geometric.data import Data  # it takes long to import

    return (Data(x=x, edge_index=edge_index),)


def as_features(x: Tensor, edge_index: Tensor) -> tuple[Any, ...]:
    """The features alone: a network that sees no edges."""
    return (x,)


def graph_call(network: nn.Module, x: Tensor, edge_index: Tensor) -> Arguments:
    """The way in which a network takes a graph: both tensors, a record, or the features alone.

    Args:
        network: It is left as it was: what layers remember of the edges they have seen is not
            kept. Only those that take their sizes from what they read first have them then.
        x: Features of the nodes (N, F).
        edge_index: From and to which node each edge runs (2, E).

    Raises:
        GraphError: It takes none of these.

    Example:
        >>> from torch import nn, zeros
        >>> graph_call(nn.Linear(4, 2), zeros(3, 4), zeros(2, 1, dtype=torch.long)).__name__
        'as_features'
    """
    reasons = []
    for arguments in (as_given, as_record, as_features):
        try:
            with on_copies(network), evaluating(network), torch.no_grad():
                network(*arguments(x, edge_index))
        except Exception as error:  # a network may be anybody's code
            reasons.append(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
        else:
            return arguments
    cause = next((reason for reason in reasons if not _is_about_the_call(reason)), reasons[0])
    raise GraphError(
        f"the network takes neither features {tuple(x.shape)} and edges {tuple(edge_index.shape)} "
        f"nor a record of both: {cause}",
        hint="Write forward(self, x, edge_index), or forward(self, data) that reads data.x and "
        "data.edge_index.",
    )


@contextmanager
def called_with(network: nn.Module, arguments: Arguments) -> Iterator[None]:
    """While active, a network is called with what such arguments are made of."""
    if arguments is as_given:
        yield
        return
    own = network.forward
    with replaced_forward(network, lambda *inputs: own(*arguments(*inputs))):
        yield


def _is_about_the_call(reason: str) -> bool:
    """Whether a network was given what it does not take, so that the reason tells little."""
    return reason.startswith("TypeError") or "'Tensor' object has no attribute" in reason

"""How networks of any origin are called on the nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import GraphError
from nas.modules.mode import evaluating
from nas.modules.state import on_copies, replaced_forward
from nas.raised import definition, error_text, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


_CALLS = {
    as_given: "forward(x, edge_index)",
    as_record: "forward(data)",
    as_features: "forward(x)",
}
_FORMS = (
    "Write forward(self, x, edge_index), or forward(self, data) that reads data.x and "
    "data.edge_index."
)
_OF_RECORDS = frozenset({"x", "edge_index", "num_nodes", "num_edges", "num_features"})
"""What a network reads of a record; tensors have none of it."""


def graph_call(network: nn.Module, x: Tensor, edge_index: Tensor) -> Arguments:
    """The way in which a network takes a graph: both tensors, a record, or the features alone.

    Args:
        network: It is left as it was: what layers remember of the edges they have seen is not
            kept. Only those that take their sizes from what they read first have them then.
        x: Features of the nodes (N, F).
        edge_index: From and to which node each edge runs (2, E).

    Raises:
        GraphError: It takes none of these; the error of its code is the cause.

    Example:
        >>> from torch import nn, zeros
        >>> graph_call(nn.Linear(4, 2), zeros(3, 4), zeros(2, 1, dtype=torch.long)).__name__
        'as_features'
    """
    errors: dict[Arguments, Exception] = {}
    for arguments in (as_given, as_record, as_features):
        try:
            with on_copies(network), evaluating(network), torch.no_grad():
                network(*arguments(x, edge_index))
        except Exception as error:  # a network may be anybody's code
            errors[arguments] = error
        else:
            return arguments
    raise _refusal(network, x, edge_index, errors)


def _refusal(
    network: nn.Module, x: Tensor, edge_index: Tensor, errors: Mapping[Arguments, Exception]
) -> GraphError:
    """The error for a network that fails in every form of the call.

    The error of the first form that suits the signature of ``forward`` counts. A record and the
    features alone suit the same signatures: the network takes records if it reads the features or
    the edges of one, or fails alike in both forms.
    """
    given = f"features {tuple(x.shape)} and edges {tuple(edge_index.shape)}"
    suiting = [form for form in errors if fits(network.forward, *form(x, edge_index))]
    if not suiting:
        return GraphError(
            f"the network takes neither {given} nor a record of both: its forward is "
            f"{definition(network.forward)}",
            hint=_FORMS,
        )
    form = suiting[0]
    if as_record in suiting and _reads_record(network, x, edge_index):
        form = as_record
    elif form is as_record and error_text(errors[form]) != error_text(errors[as_features]):
        form = as_features
    error = errors[form]
    refusal = GraphError(
        f"the network fails on {given}, called as {_CALLS[form]}: {error_text(error)}",
        hint=f"Correct it there; NAS_DEBUG=1 shows the traceback. {_FORMS}",
    )
    refusal.__cause__ = error
    return refusal


def _reads_record(network: nn.Module, x: Tensor, edge_index: Tensor) -> bool:
    """Whether a network that fails reads the features or the edges of a record before."""
    from torch_geometric.data import Data

    read: list[str] = []

    class Watched(Data):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name in _OF_RECORDS:
                read.append(name)
            return super().__getattribute__(name)

        def __getitem__(self, name: str) -> Any:
            read.append(name)
            return super().__getitem__(name)

    record = Watched(x=x, edge_index=edge_index)
    read.clear()
    with suppress(Exception), on_copies(network), evaluating(network), torch.no_grad():
        network(record)
    return bool(read)


@contextmanager
def called_with(network: nn.Module, arguments: Arguments) -> Iterator[None]:
    """While active, a network is called with what such arguments are made of."""
    if arguments is as_given:
        yield
        return
    own = network.forward
    with replaced_forward(network, lambda *inputs: own(*arguments(*inputs))):
        yield

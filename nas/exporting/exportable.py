"""A network with its weights and all that its files say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.compile.module import to_module
from nas.data.description import Description
from nas.errors import CheckpointError, NasError
from nas.files import read_tensors
from nas.modules.surroundings import unwrapped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule

_NAMES, _FIGURES = "names", "figures"
"""Entries in the head of a file of weights, each as JSON."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Exportable:
    """A trained network.

    Attributes:
        graph: The architecture.
        module: The network with its weights: that of :func:`nas.compile.to_module`, or the user's.
        names: The user's names of its tensors by their names in the graph; None if the module is
            that of the graph.
        about: The data it is for; None if that is not known.
        figures: Figures by name; accuracies between 0 and 1.
    """

    graph: Graph
    module: nn.Module
    names: Mapping[str, str] | None = None
    about: Description | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        graph: Graph,
        module: nn.Module,
        *,
        own: OwnModule | None = None,
        data: Dataset | None = None,
        figures: Mapping[str, Any] | None = None,
    ) -> Exportable:
        """A network that was trained on a data set.

        Args:
            graph: The architecture.
            module: The module with its weights.
            own: The user's module, if that was trained.
            data: The data set.
            figures: Figures by name.
        """
        return cls(
            graph=graph,
            module=unwrapped(module),
            names=own and own.names_of(to_module(graph).state_dict()),
            about=None if data is None else Description.of(data),
            figures=figures or {},
        )

    def metadata(self) -> dict[str, str]:
        """Texts for the head of the file of weights, each as JSON."""
        facts = {_NAMES: self.names, _FIGURES: dict(self.figures)}
        texts = {name: json.dumps(fact) for name, fact in facts.items() if fact}
        return texts | (self.about.metadata() if self.about else {})


def read_exportable(graph: Graph, weights: Path) -> Exportable:
    """The network of a graph with weights that :func:`nas.exporting.save` wrote.

    Args:
        graph: The architecture.
        weights: The file; its tensors have the names of the graph or, if its head lists them, a
            user's module.

    Raises:
        CheckpointError: The weights are missing, damaged, or of another graph.
    """
    state, head = read_tensors(
        weights, lambda why: CheckpointError(f"cannot read the weights {str(weights)!r}: {why}")
    )
    try:
        names = json.loads(head[_NAMES]) if _NAMES in head else {}
        figures = json.loads(head.get(_FIGURES, "{}"))
        about = Description.read(head)
    except (ValueError, TypeError, KeyError, NasError) as error:
        raise CheckpointError(f"the head of {str(weights)!r} is damaged: {error}") from None
    module = to_module(graph)
    loaded = {name: state[own] for name, own in names.items() if own in state}
    _load(module, {**module.state_dict(), **loaded} if names else state, weights)
    return Exportable(graph=graph, module=module.eval(), about=about, figures=figures)


def _load(module: nn.Module, state: Mapping[str, Tensor], weights: Path) -> None:
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights {str(weights)!r} are of another architecture: {error}"
        ) from None

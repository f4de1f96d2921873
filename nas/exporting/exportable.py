"""A network with its weights and all that its files say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from nas.compile.module import to_module
from nas.data.description import Description
from nas.errors import CheckpointError, NasError
from nas.exporting.random_inputs import random_inputs
from nas.files import read_tensors
from nas.modules.loading import load_state
from nas.modules.surroundings import unwrapped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

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
        takes_bytes: Whether the module takes images in bytes and normalises them.
    """

    graph: Graph
    module: nn.Module
    names: Mapping[str, str] | None = None
    about: Description | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    takes_bytes: bool = False

    @classmethod
    def of(
        cls,
        graph: Graph,
        module: nn.Module,
        *,
        own: OwnModule | None = None,
        about: Description | None = None,
        figures: Mapping[str, Any] | None = None,
    ) -> Exportable:
        """A network that was trained.

        Args:
            graph: The architecture.
            module: The module with its weights.
            own: The user's module, if that was trained.
            about: The data it is for.
            figures: Figures by name.
        """
        return cls(
            graph=graph,
            module=unwrapped(module),
            names=None if own is None else own.names_of(to_module(graph).state_dict()),
            about=about,
            figures=figures or {},
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return ("images",) if self.takes_bytes else tuple(x.name for x in self.graph.inputs)

    @property
    def on_graph(self) -> bool:
        """Whether samples are the nodes of a graph."""
        return any(spec.is_edge_index for spec in self.graph.inputs)

    def example(self, rows: int, scale: float = 1) -> tuple[Tensor, ...]:
        """Random inputs of a number of samples or nodes; see :func:`random_inputs`."""
        draws = torch.Generator().manual_seed(rows)
        drawn = random_inputs(self.graph, draws, rows=rows, scale=scale)
        if not self.takes_bytes:
            return drawn
        shapes = (images.shape for images in drawn)
        return tuple(torch.randint(256, x, dtype=torch.uint8, generator=draws) for x in shapes)

    def traced(self) -> nn.Module:
        """The graph's own module with the weights, without the branches of a user's code."""
        if self.names is None:
            return self.module
        module = to_module(self.graph)
        module.load_state_dict(_renamed(module, self.module.state_dict(), self.names))
        return module.eval()

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
        names = dict(json.loads(head.get(_NAMES, "{}")))
        figures = dict(json.loads(head.get(_FIGURES, "{}")))
        about = Description.read(head)
    except (ValueError, TypeError, KeyError, NasError) as error:
        raise CheckpointError(f"the head of {str(weights)!r} is damaged: {error}") from None
    module = to_module(graph)
    if names:
        _check_complete(module, state, names, weights)
        state = _renamed(module, state, names)
    load_state(module, state, weights)
    return Exportable(graph=graph, module=module.eval(), about=about, figures=figures)


def _check_complete(
    module: nn.Module, state: Mapping[str, Tensor], names: Mapping[str, str], weights: Path
) -> None:
    """See that no parameter would keep its random initial values.

    Raises:
        CheckpointError: A parameter has no name, or the file has no tensor of that name.
    """
    for name, _ in module.named_parameters():
        if names.get(name) not in state:
            raise CheckpointError(
                f"the weights {str(weights)!r} are of another architecture: they lack {name!r}"
            )


def _renamed(
    module: nn.Module, state: Mapping[str, Tensor], names: Mapping[str, str]
) -> dict[str, Tensor]:
    """A state by the names of a graph's module; what has no other name keeps its values."""
    known = {name: state[own] for name, own in names.items() if own in state}
    return {**module.state_dict(), **known}

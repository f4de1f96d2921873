"""A network of the zoo, imported."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nas.compile.apply import apply
from nas.importers.from_module import from_module

if TYPE_CHECKING:
    from torch import nn

    from nas.importers.imported import Imported
    from tests.zoo.zoo_network import Inputs, ZooNetwork

EXAMPLE, FRESH = 1, 2
"""Size of the inputs that are shown to the importer, and of those that the graph is tried on."""


@dataclass(frozen=True, eq=False)
class Specimen:
    """A network, its model for evaluation, and what the importer made of it."""

    network: ZooNetwork
    model: nn.Module
    imported: Imported

    @staticmethod
    def of(network: ZooNetwork) -> Specimen:
        model = network.model()
        return Specimen(network, model, from_module(model, network.inputs(EXAMPLE)))

    @property
    def sizes(self) -> dict[str, int]:
        """Number of elements of every distinct parameter, by the model's first name for it."""
        return {name: p.numel() for name, p in self.model.named_parameters()}

    @property
    def unused(self) -> set[str]:
        """Parameters that no output depends on."""
        return {name for name in self.sizes if within(name, self.network.unused)}

    @property
    def opaque(self) -> set[str]:
        """Parameters inside modules that cannot be read."""
        return {name for name in self.sizes if within(name, self.network.opaque)}

    @property
    def kept(self) -> set[str]:
        """Parameters that are not learned."""
        return {name for name in self.sizes if within(name, self.network.kept)}

    @property
    def graph_params(self) -> int:
        """Number of parameters of the graph."""
        return sum(math.prod(spec.shape) for spec in self.imported.graph.parameters().values())

    @property
    def fresh_inputs(self) -> Inputs:
        """Inputs of a size that the importer has not seen, where the graph holds for any."""
        return self.network.inputs(EXAMPLE if self.network.fixed else FRESH)

    @torch.no_grad()
    def expected(self, inputs: Inputs) -> list[Tensor]:
        """The model's own outputs, those of auxiliary heads behind."""
        outputs = tensors(self.model(*inputs))
        if self.network.auxiliary:
            self.model.training = True  # of the whole, not of its layers
            outputs += tensors(self.model(*inputs))[len(outputs) :]
            self.model.training = False
        return outputs

    @torch.no_grad()
    def outputs(self, inputs: Inputs) -> list[Tensor]:
        """The graph's outputs with the model's own parameters."""
        return tensors(apply(self.imported.graph, self.imported.state, *inputs))


def within(name: str, paths: tuple[str, ...]) -> bool:
    """Whether a parameter is one of these or lies in one of these modules."""
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def tensors(outputs: Any) -> list[Tensor]:
    """The tensors among a model's outputs, in order."""
    if isinstance(outputs, Tensor):
        return [outputs]
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    return [tensor for part in parts for tensor in tensors(part)]


def relative_error(actual: list[Tensor], expected: list[Tensor]) -> float:
    """Largest difference relative to the largest number of a tensor, worst over the tensors.

    Infinite where they do not correspond, NaN where they are NaN.
    """
    if [x.shape for x in actual] != [x.shape for x in expected]:
        return math.inf
    errors = [(a - e).abs().max() / e.abs().max() for a, e in zip(actual, expected, strict=True)]
    return float(torch.stack(errors).max())

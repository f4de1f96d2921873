"""The record of a start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from nas.graph.graph import Graph
from nas.predictor.weight_predictor import WeightPredictor
from nas.registry import Registry

Weights = Callable[[Graph, WeightPredictor], Mapping[str, Tensor] | None]
"""Initial weights of a network by name; None leaves them to torch, drawn from the seed."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A way to give a network its initial weights.

    Attributes:
        description: One line for listings.
        weights: Makes the weights of a network, with a hypernetwork at hand.
    """

    description: str
    weights: Weights


STARTS: Registry[Start] = Registry("start")

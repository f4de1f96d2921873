"""Ridge regression on what an untrained network makes of the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.graph.op import Role
from nas.task.batch import UNLABELLED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.node import Node

_RIDGE = 0.1
"""Added to the diagonal of a kernel whose mean diagonal is 1."""


class Readout:
    """Accuracy of node classification from the inputs of a network's class head, in closed form.

    The head is replaced by a ridge regression on the training nodes; the rest of the network stays
    as it is, so random weights will do: the figure tells how much of the classes survives the
    message passing of an architecture, not how it trains (random features, Rahimi & Recht 2007).
    Kernels of several sets of weights are averaged.

    Args:
        data: A task of telling nodes.
    """

    def __init__(self, data: Dataset) -> None:
        batch = data.train.whole()
        self._inputs = batch.inputs
        val = data.val.whole().labels
        self._train, self._val = _labelled(batch.labels), _labelled(val)
        self._truth = F.one_hot(batch.labels[self._train], data.task.classes).float()
        self._labels = val[self._val]

    @torch.no_grad()
    def __call__(self, graph: Graph, weights: Sequence[Mapping[str, Tensor]]) -> float:
        """Share of the validation nodes that are classified correctly, from 0 to 1.

        Args:
            graph: With a class head.
            weights: One or several sets of weights.
        """
        kernel = torch.stack([self._kernel(graph, params) for params in weights]).mean(0)
        known = kernel[: len(self._train)]
        known = known + _RIDGE * torch.eye(len(known))
        share = self._truth.mean(0)
        fitted = torch.linalg.solve(known, self._truth - share)
        scores = kernel[len(self._train) :] @ fitted + share  # (nodes, classes)
        return float((scores.argmax(1) == self._labels).float().mean())

    def _kernel(self, graph: Graph, params: Mapping[str, Tensor]) -> Tensor:
        """Products of training and validation nodes (rows) with training nodes (columns)."""
        seen: dict[str, Tensor] = {}

        def observe(node: Node, inputs: Sequence[Tensor]) -> None:
            if node.name == head:
                seen[head] = inputs[0]

        head = _head(graph)
        apply(graph, params, *self._inputs, observe=observe)
        x = seen[head][torch.cat([self._train, self._val])]
        x = x - x[: len(self._train)].mean(0)
        kernel = x @ x[: len(self._train)].T
        return kernel / kernel.diagonal().mean().clamp_min(1e-12)


def _labelled(labels: Tensor) -> Tensor:
    """Indices of the nodes of a split."""
    return (labels != UNLABELLED).nonzero().flatten()


def _head(graph: Graph) -> str:
    """Name of the node that owns the class head."""
    roles = {name: spec.role for name, spec in graph.parameters().items()}
    return next(name for name, role in roles.items() if role is Role.CLASS_WEIGHT).rpartition(".")[
        0
    ]

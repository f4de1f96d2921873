"""SynFlow: how much signal a network passes, without any data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from nas.compile.apply import apply
from nas.graph.graph import Graph
from nas.graph.op import Role
from nas.graph.ops.norm import Norm
from nas.graph.ops.shape import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

_WEIGHTS = (Role.WEIGHT, Role.CLASS_WEIGHT)


@torch.enable_grad()
def synflow(graph: Graph, params: Mapping[str, Tensor]) -> float:
    """Sum over the weights of ``|w dR/dw|`` of Tanaka et al. 2020, eq. 2.

    ``R`` is the sum of the outputs for an image of ones, all parameters being replaced by their
    absolute values. As in Abdelfattah et al. 2021 norms are left out, the weights of
    convolutions and linear layers are summed, and everything is in double precision.

    Args:
        graph: The network.
        params: A tensor for every parameter of it.
    """
    bare = without_norms(graph)
    roles = {name: spec.role for name, spec in bare.parameters().items()}
    positive = {name: params[name].detach().double().abs().requires_grad_() for name in roles}
    ones = [torch.ones(spec.shape, dtype=torch.float64) for spec in bare.inputs]
    apply(bare, positive, *ones).sum().backward()
    return sum(
        float((tensor.detach() * tensor.grad.abs()).sum())
        for name, tensor in positive.items()
        if roles[name] in _WEIGHTS and tensor.grad is not None
    )


def without_norms(graph: Graph) -> Graph:
    """The network with every normalisation bypassed; what is left keeps its name."""
    nodes = tuple(
        replace(node, op=Identity()) if isinstance(node.op, Norm) else node for node in graph.nodes
    )
    return Graph(graph.inputs, nodes, graph.outputs).simplified

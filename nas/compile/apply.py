"""NodeCall a graph with parameters given from outside, without building a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from nas.graph.ops.norm import BatchNorm

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.node import Node

Parameters = Mapping[str, "Tensor"]
Observer = Callable[["Node", list["Tensor"]], None]
NodeCall = Callable[["Node", Parameters, list["Tensor"]], "Tensor"]


def ignore(node: Node, inputs: list[Tensor]) -> None:
    """Observe nothing."""


def apply(graph: Graph, params: Parameters, *inputs: Tensor, observe: Observer = ignore) -> Any:
    """Output of the graph's network with these parameters; differentiable in both.

    Batch norms use ``<node>.running_mean`` and ``<node>.running_var`` where ``params`` holds them
    (see :func:`calibrate`) and the statistics of the batch where it does not.

    Args:
        graph: The architecture.
        params: A tensor for every entry of ``graph.parameters()`` and for every constant.
        inputs: One batch for each graph input, of any batch size.
        observe: Called with every node and its inputs before the node runs.

    Returns:
        The output; a tuple where the graph has several outputs.

    Shape:
        Images (B, C, H, W) to class scores (B, classes), for a classifier.

    Raises:
        ValueError: A parameter or an input is missing.
    """
    return _run(graph, params, inputs, _forward, observe)


@torch.no_grad()
def calibrate(
    graph: Graph, params: Parameters, *inputs: Tensor, observe: Observer = ignore
) -> dict[str, Tensor]:
    """Batch statistics of every batch norm on these inputs, as running statistics.

    Arguments are those of :func:`apply`.

    Returns:
        ``<node>.running_mean`` and ``<node>.running_var`` (unbiased), each (C,), in float32 also
        where autocast lowers the precision of the normalised values. Merged into ``params`` they
        make :func:`apply` independent of the batching of inputs.
    """
    statistics: dict[str, Tensor] = {}

    def call(node: Node, own: Parameters, xs: list[Tensor]) -> Tensor:
        if isinstance(node.op, BatchNorm):
            measured = _measured(xs[0].to(torch.promote_types(xs[0].dtype, torch.float32)))
            statistics.update({f"{node.name}.{key}": value for key, value in measured.items()})
            own = {**own, **measured}
        return node.op.forward(own, *xs)

    _run(graph, params, inputs, call, observe)
    return statistics


def _measured(x: Tensor) -> dict[str, Tensor]:
    """Mean and unbiased variance of each channel of (B, C, H, W).

    A norm in training stores the same values in its buffers at momentum 1. This takes a fraction
    of the time of :func:`torch.var_mean` over these axes.
    """
    if x.numel() == x.shape[1]:  # a single value does not vary
        return {"running_mean": x.flatten(), "running_var": x.new_zeros(x.shape[1])}
    mean, var = x.new_zeros(x.shape[1]), x.new_ones(x.shape[1])
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    return {"running_mean": mean, "running_var": var}


def _forward(node: Node, own: Parameters, inputs: list[Tensor]) -> Tensor:
    return node.op.forward(own, *inputs)


def _run(
    graph: Graph,
    params: Parameters,
    inputs: tuple[Tensor, ...],
    call: NodeCall,
    observe: Observer,
) -> Any:
    """Walk the nodes, dropping every value after its last reader."""
    if len(inputs) != len(graph.inputs):
        raise ValueError(f"expected {len(graph.inputs)} inputs, got {len(inputs)}")
    missing = graph.parameters().keys() - params.keys()
    if missing:
        raise ValueError(
            f"expected a tensor for every parameter of the graph; {len(missing)} are missing, "
            f"{min(missing)!r} among them"
        )
    owned = _by_node(graph, params)
    values = {spec.name: x for spec, x in zip(graph.inputs, inputs, strict=True)}
    readers = {name: len(nodes) for name, nodes in graph.consumers.items()}
    for name in graph.outputs:
        readers[name] += 1
    for node in graph.nodes:
        read = [values[name] for name in node.inputs]
        observe(node, read)
        values[node.name] = call(node, owned[node.name], read)
        del read
        for name in node.inputs:
            readers[name] -= 1
            if not readers[name]:
                del values[name]
    outputs = tuple(values[name] for name in graph.outputs)
    return outputs if len(outputs) > 1 else outputs[0]


def _by_node(graph: Graph, params: Parameters) -> dict[str, dict[str, Tensor]]:
    """The tensors of every node by their names in the node, which may have dots."""
    owned: dict[str, dict[str, Tensor]] = {node.name: {} for node in graph.nodes}
    for name, tensor in params.items():
        node, _, own = name.rpartition(".")
        while node and node not in owned:
            node, _, part = node.rpartition(".")
            own = f"{part}.{own}"
        if node:
            owned[node][own] = tensor
    return owned

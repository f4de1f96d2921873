"""The layers of message-passing networks: their parameters and functions.

Parameters are those of the layers of torch-geometric. Layers that are linear in the messages
project before they aggregate if the projection is narrower: the features of a citation graph have
a thousand columns, those of a hidden layer some tens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F

from nas.graph.ops.messages.neighbourhood import (
    AGGREGATIONS,
    aggregate,
    softmax_over,
    symmetric_norm,
    with_self_loops,
)

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.tensor_spec import Shape

Parameters = Mapping[str, "Tensor"]


@dataclass(frozen=True)
class LayerSizes:
    """Widths of a layer: input features, and output features of each head."""

    features: int
    channels: int
    heads: int = 1


@dataclass(frozen=True)
class MessageLayer:
    """One kind of message-passing layer.

    Attributes:
        shapes: Shapes of the weights, without a bias.
        bias: Name and shape of the bias by its width.
        products: How often node features are multiplied by a matrix.
        run: The function of parameters, features (N, F), edges (2, E) and aggregation.
        aggregations: Allowed aggregations of messages, the default first.
    """

    shapes: Callable[[LayerSizes], dict[str, Shape]]
    run: Callable[[Parameters, Tensor, Tensor, str], Tensor]
    bias: tuple[str, Shape] = ("bias", (-1,))
    products: int = 1
    aggregations: tuple[str, ...] = ("add",)


def _gcn(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Kipf & Welling 2017: the neighbours and the node itself, by the roots of their degrees."""
    nodes = x.shape[0]
    edges = with_self_loops(edges, nodes)
    norm = symmetric_norm(edges, 1, nodes, x.dtype)
    return _biased(_weighted(F.linear(x, p["lin.weight"]), edges, norm), p)


def _gat(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Veličković et al. 2018: softmax of leaky_relu(a·[W h_i, W h_j]) over i's neighbours."""
    _, heads, channels = p["att_src"].shape
    nodes = x.shape[0]
    h = F.linear(x, p["lin.weight"]).view(nodes, heads, channels)  # (N, H, C)
    edges = with_self_loops(edges, nodes)
    source, target = ((h * p[name]).sum(-1) for name in ("att_src", "att_dst"))  # (N, H)
    scores = source.index_select(0, edges[0]) + target.index_select(0, edges[1])
    alpha = softmax_over(F.leaky_relu(scores, 0.2), edges[1], nodes)  # (E, H)
    return aggregate(h.index_select(0, edges[0]) * alpha[:, :, None], edges[1], nodes)


def _gin(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Xu et al. 2019, on one linear layer: W (h_i + sum of h_j)."""
    weight = p["nn.weight"]
    if _narrows(weight):
        h = F.linear(x, weight)
        return _biased(h + _aggregated(h, edges), p, "nn.bias")
    return F.linear(x + _aggregated(x, edges), weight, p.get("nn.bias"))


def _cheb(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Defferrard et al. 2016, two Chebyshev terms: W0 h_i - W1 sum of h_j / sqrt(d_i d_j)."""
    edges = edges[:, edges[0] != edges[1]]
    norm = -symmetric_norm(edges, 0, x.shape[0], x.dtype)
    weight = p["lins.1.weight"]
    if _narrows(weight):
        neighbours = _weighted(F.linear(x, weight), edges, norm)
    else:
        neighbours = F.linear(_weighted(x, edges, norm), weight)
    return _biased(F.linear(x, p["lins.0.weight"]) + neighbours, p)


def _sage(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Hamilton et al. 2017: W_l mean of h_j + W_r h_i."""
    return _two_weights(p, "lin_l", "lin_r", x, edges, how)


def _graph(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Morris et al. 2019: W_rel sum of h_j + W_root h_i."""
    return _two_weights(p, "lin_rel", "lin_root", x, edges, how)


def _arma(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """Bianchi et al. 2019, one stack, one layer: relu(W sum of h_j / sqrt(d_i d_j) + V h_i)."""
    norm = symmetric_norm(edges, 1, x.shape[0], x.dtype)
    neighbours = _weighted(x @ p["init_weight"][0], edges, norm)
    h = neighbours + x @ p["root_weight"][0, 0]
    return F.relu(h + p["bias"][0, 0] if "bias" in p else h)


def _general(p: Parameters, x: Tensor, edges: Tensor, how: str) -> Tensor:
    """You et al. 2020, the layer of GraphGym: aggregated W h_j, without the node itself."""
    return _biased(_aggregated(F.linear(x, p["lin.weight"]), edges, how), p)


def _two_weights(
    p: Parameters, message: str, root: str, x: Tensor, edges: Tensor, how: str
) -> Tensor:
    weight, bias = p[f"{message}.weight"], p.get(f"{message}.bias")
    own = F.linear(x, p[f"{root}.weight"], bias)
    if _narrows(weight) and how != "max":
        return own + _aggregated(F.linear(x, weight), edges, how)
    return own + F.linear(_aggregated(x, edges, how), weight)


def _aggregated(h: Tensor, edges: Tensor, how: str = "add") -> Tensor:
    """Aggregated messages of each node's neighbours: (N, C)."""
    return aggregate(h.index_select(0, edges[0]), edges[1], h.shape[0], how)


def _weighted(h: Tensor, edges: Tensor, weight: Tensor) -> Tensor:
    """Sum of the neighbours' messages, weighted by the edges: (N, C)."""
    return aggregate(h.index_select(0, edges[0]) * weight[:, None], edges[1], h.shape[0])


def joined(h: Tensor, p: Parameters, *, concat: bool) -> Tensor:
    """Outputs of the heads (N, H, C), concatenated or averaged, plus a bias."""
    return _biased(h.flatten(1) if concat else h.mean(1), p)


def _biased(h: Tensor, p: Parameters, name: str = "bias") -> Tensor:
    return h + p[name] if name in p else h


def _narrows(weight: Tensor) -> bool:
    """Whether a projection (out, in) reduces the number of features."""
    return weight.shape[0] < weight.shape[1]


def _linear(*names: str) -> Callable[[LayerSizes], dict[str, Shape]]:
    """Shapes of projections by name."""
    return lambda s: {f"{name}.weight": (s.channels, s.features) for name in names}


def _gat_shapes(s: LayerSizes) -> dict[str, Shape]:
    vector = (1, s.heads, s.channels)
    projection = (s.heads * s.channels, s.features)
    return {"att_src": vector, "att_dst": vector, "lin.weight": projection}


def _arma_shapes(s: LayerSizes) -> dict[str, Shape]:
    """Shapes of ARMA; recurrent weights exist also where no second layer uses them."""
    return {
        "weight": (1, 1, s.channels, s.channels),
        "init_weight": (1, s.features, s.channels),
        "root_weight": (1, 1, s.features, s.channels),
    }


LAYERS: dict[str, MessageLayer] = {
    "gcn": MessageLayer(_linear("lin"), _gcn),
    "gat": MessageLayer(_gat_shapes, _gat),
    "gin": MessageLayer(_linear("nn"), _gin, ("nn.bias", (-1,))),
    "cheb": MessageLayer(_linear("lins.0", "lins.1"), _cheb, products=2),
    "sage": MessageLayer(
        _linear("lin_l", "lin_r"), _sage, ("lin_l.bias", (-1,)), 2, ("mean", "add", "max")
    ),
    "arma": MessageLayer(_arma_shapes, _arma, ("bias", (1, 1, 1, -1)), products=2),
    "graph": MessageLayer(
        _linear("lin_rel", "lin_root"), _graph, ("lin_rel.bias", (-1,)), 2, AGGREGATIONS
    ),
    "general": MessageLayer(_linear("lin"), _general, aggregations=AGGREGATIONS),
}
"""Layers by their names in NAS-Bench-Graph, and ``general`` of GraphGym."""

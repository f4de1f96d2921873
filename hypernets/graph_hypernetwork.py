"""A hypernetwork that reads architecture graphs: encoder + decoder + parametrisation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch
from torch_geometric.nn import global_mean_pool

from hypernets.canonical_order import in_canonical_order
from hypernets.config import REPEATING, SEQUENTIAL, make_decoder, make_encoder
from hypernets.embedding import NodeEmbedding
from hypernets.fan_in import scale_by_fan_in
from hypernets.features import EncodedGraph, encode
from hypernets.flat_memory import FlatMemory
from hypernets.matrix_decoder import unrepeated
from hypernets.predicted_module import predict_module
from hypernets.tiling import tile, tile_into

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypernets.config import HypernetConfig
    from nas.graph.graph import Graph
    from nas.graph.op import Role
    from nas.graph.tensor_spec import Shape
    from nas.predictor.card import Card


class _Kind(NamedTuple):
    """What parameters that are decoded together have in common."""

    role: Role
    shape: Shape


class GraphHyperNetwork(nn.Module):
    """Predicts all parameters of several networks in one pass.

    Parameters of equal role and shape are decoded together, over all layers and networks, each as
    the part of it that is not repetition. Without gradients all of them are written once, into
    one piece of memory of which the returned tensors are views.

    Args:
        config: Choice of encoder and decoder, and their sizes.
        card: What the hypernetwork was, or is to be, trained on.

    Example:
        >>> from hypernets.checkpoint import load
        >>> from nas.graph.builder import GraphBuilder
        >>> b = GraphBuilder()
        >>> graph = b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), 16), 10))
        >>> load("nasnet-digits").predict([graph])[0]["classifier.weight"].shape
        torch.Size([10, 16])
    """

    def __init__(self, config: HypernetConfig, card: Card) -> None:
        super().__init__()
        self.config = config
        self.card = card
        self.embedding = NodeEmbedding(config.hidden)
        self.encoder = make_encoder(config)
        self.norm = nn.LayerNorm(config.hidden) if config.layer_norm else nn.Identity()
        self.decoder = make_decoder(config)
        self._memory = FlatMemory()

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """For each graph the tensors of ``graph.parameters()``, in its order."""
        if not graphs:
            return []
        encoded = [self._encode(graph) for graph in graphs]
        h, batch = self._states(encoded)
        places: dict[_Kind, list[tuple[int, str]]] = defaultdict(list)
        nodes: dict[_Kind, list[int]] = defaultdict(list)
        for index, (graph, offset) in enumerate(zip(encoded, batch.ptr.tolist(), strict=False)):
            for slot in graph.slots:
                kind = _Kind(slot.role, slot.shape)
                places[kind].append((index, slot.name))
                nodes[kind].append(offset + slot.node)
        found: list[dict[str, Tensor]] = [{} for _ in graphs]
        for kind, tensors in self._decode(h, nodes).items():
            for (index, name), tensor in zip(places[kind], tensors.unbind(), strict=True):
                found[index][name] = tensor
        return [
            {slot.name: params[slot.name] for slot in graph.slots}
            for graph, params in zip(encoded, found, strict=True)
        ]

    def forward(
        self, model: nn.Module, example_inputs: Tensor | Sequence[Tensor] | None = None
    ) -> nn.Module:
        """The same module with predicted weights; see :func:`hypernets.predict_module`."""
        return predict_module(self, model, example_inputs).model

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Mean node state of each architecture, dead branches left out: (G, hidden)."""
        if not graphs:
            return next(self.parameters()).new_zeros(0, self.config.hidden)
        h, batch = self._states([self._encode(graph.simplified) for graph in graphs])
        pooled: Tensor = global_mean_pool(h, batch.batch, len(graphs))
        return pooled

    def _encode(self, graph: Graph) -> EncodedGraph:
        encoded = encode(graph, self.config.reach)
        return in_canonical_order(encoded) if self.config.encoder in SEQUENTIAL else encoded

    def _states(self, encoded: list[EncodedGraph]) -> tuple[Tensor, Batch]:
        """Node states of a batch of graphs: (N, hidden)."""
        device = next(self.parameters()).device
        batch = Batch.from_data_list([graph.data for graph in encoded]).to(device)
        h = self.embedding(batch)
        return self.norm(self.encoder(h, batch)), batch

    def _decode(self, h: Tensor, nodes: Mapping[_Kind, list[int]]) -> dict[_Kind, Tensor]:
        """Parameters of each role and shape, one for each of its nodes: (P, *shape)."""
        found = {} if torch.is_grad_enabled() else self._reserve(nodes, h.device)
        together: dict[_Kind, list[_Kind]] = defaultdict(list)
        for kind in nodes:
            together[self._unrepeated(kind)].append(kind)
        for (role, part), kinds in together.items():
            rows = torch.tensor([node for kind in kinds for node in nodes[kind]], device=h.device)
            raw = self.decoder(h[rows], role, part)  # (P, *part), P of all kinds
            counts = [len(nodes[kind]) for kind in kinds]
            for kind, values in zip(kinds, raw.split(counts), strict=True):
                scaled = scale_by_fan_in(values, *kind)
                if kind in found:
                    tile_into(found[kind], scaled)
                else:
                    found[kind] = tile(scaled, kind.shape)
        return found

    def _reserve(
        self, nodes: Mapping[_Kind, list[int]], device: torch.device
    ) -> dict[_Kind, Tensor]:
        shapes = [(len(members), *kind.shape) for kind, members in nodes.items()]
        return dict(zip(nodes, self._memory.tensors(shapes, device), strict=True))

    def _unrepeated(self, kind: _Kind) -> _Kind:
        """What is decoded for a parameter, the rest of it being repetition."""
        if self.config.decoder not in REPEATING:
            return kind
        return _Kind(kind.role, unrepeated(*kind, self.config.max_channels))

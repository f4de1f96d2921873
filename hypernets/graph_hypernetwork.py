"""A hypernetwork that reads architecture graphs: encoder + decoder + parametrisation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch
from torch_geometric.nn import global_mean_pool

from hypernets.embedding import NodeEmbedding
from hypernets.fan_in import scale_by_fan_in
from hypernets.features import EncodedGraph, encode
from hypernets.gated_gnn import GatedGNN
from hypernets.mlp_encoder import MLPEncoder
from hypernets.tile_decoder import TileDecoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypernets.config import HypernetConfig
    from nas.graph.graph import Graph
    from nas.graph.op import Role
    from nas.graph.tensor_spec import Shape
    from nas.predictor.card import Card


class GraphHyperNetwork(nn.Module):
    """Predicts all parameters of several networks in one pass.

    Parameters of equal role and shape are decoded together, over all layers and networks.

    Args:
        config: Sizes and choice of the encoder.
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
        hidden = config.hidden
        self.embedding = NodeEmbedding(hidden)
        self.encoder = (
            MLPEncoder(hidden)
            if config.encoder == "mlp"
            else GatedGNN(hidden, virtual_edges=config.reach > 1)
        )
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()
        self.decoder = TileDecoder(hidden, config.max_channels, config.max_kernel, config.classes)

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """For each graph the tensors of ``graph.parameters()``, in its order.

        Raises:
            VocabularyError: A graph holds an operation the hypernetwork does not know.
            ConfigError: A graph has more classes than the hypernetwork.
        """
        if not graphs:
            return []
        encoded = [encode(graph, self.config.reach) for graph in graphs]
        h, batch = self._states(encoded)
        groups: dict[tuple[Role, Shape], list[tuple[int, str, int]]] = defaultdict(list)
        for index, (graph, offset) in enumerate(zip(encoded, batch.ptr.tolist(), strict=False)):
            for slot in graph.slots:
                groups[slot.role, slot.shape].append((index, slot.name, offset + slot.node))
        found: list[dict[str, Tensor]] = [{} for _ in graphs]
        for (role, shape), members in groups.items():
            nodes = torch.tensor([node for _, _, node in members], device=h.device)
            tensors = scale_by_fan_in(self.decoder(h[nodes], role, shape), role)  # (P, *shape)
            for (index, name, _), tensor in zip(members, tensors.unbind(), strict=True):
                found[index][name] = tensor
        return [
            {slot.name: params[slot.name] for slot in graph.slots}
            for graph, params in zip(encoded, found, strict=True)
        ]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Mean node state of each architecture, dead branches left out: (G, hidden)."""
        if not graphs:
            return self.decoder.class_vectors.new_zeros(0, self.config.hidden)
        h, batch = self._states([encode(graph.simplified, self.config.reach) for graph in graphs])
        pooled: Tensor = global_mean_pool(h, batch.batch, len(graphs))
        return pooled

    def _states(self, encoded: list[EncodedGraph]) -> tuple[Tensor, Batch]:
        """Node states of a batch of graphs: (N, hidden)."""
        device = self.decoder.class_vectors.device
        batch = Batch.from_data_list([graph.data for graph in encoded]).to(device)
        h = self.embedding(batch)
        return self.norm(self.encoder(h, batch)), batch

"""A hypernetwork that reads architecture graphs: encoder + decoder + parametrisation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.nn import global_mean_pool

from hypernets.config import make_decoder, make_encoder
from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.fan_in import scale_by_fan_in
from hypernets.decoders.matrix_decoder import unrepeated
from hypernets.decoders.tiling import tile, tile_into
from hypernets.embedding import NodeEmbedding
from hypernets.encoders.canonical_order import in_canonical_order
from hypernets.features import EncodedGraph, encode
from hypernets.flat_memory import FlatMemory
from hypernets.graph_batch import graph_batch
from nas.errors import GraphError, counted, described
from nas.evaluate.predicted_module import predict_module
from nas.graph.graph import check_is_graph
from nas.graph.op import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import Batch, Data

    from hypernets.card import HypernetCard
    from hypernets.config import HypernetConfig
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import Shape


ALIKE = 8
"""Number of parameters of equal role and shape that are distinguished within one layer."""


class _Kind(NamedTuple):
    """Common role and shape of parameters that are decoded together."""

    role: Role
    shape: Shape
    first: bool


class _Source(NamedTuple):
    """Source of a decoded parameter: a node, and the number of equal parameters before it."""

    node: int
    ordinal: int


class GraphHyperNetwork(nn.Module):
    """Predicts all parameters of several networks in one pass.

    Parameters of equal role and shape are decoded together, over all layers and networks, and only
    without their repetitions. Without gradients all of them are written once, into one block of
    memory, and the returned tensors are views of it.

    Args:
        config: Choice of encoder and decoder, and their sizes.
        card: Space and data set of its training, past or coming.

    Example:
        >>> from hypernets.checkpoint import load
        >>> from nas.graph.builder import GraphBuilder
        >>> b = GraphBuilder()
        >>> graph = b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), 16), 10))
        >>> load("nasnet-digits").predict([graph])[0]["classifier.weight"].shape
        torch.Size([10, 16])
    """

    apart: Tensor

    def __repr__(self) -> str:
        size = counted(sum(parameter.numel() for parameter in self.parameters()), "parameter")
        return f"GraphHyperNetwork({self.card.name!r}, {self.card.hypernet}, {size})"

    def __init__(self, config: HypernetConfig, card: HypernetCard) -> None:
        super().__init__()
        self.config = config
        self.card = card
        self.embedding = NodeEmbedding(config.hidden)
        self.encoder = make_encoder(config)
        self.norm = nn.LayerNorm(config.hidden) if config.layer_norm else nn.Identity()
        self.decoder = make_decoder(config)
        # without it, matrices of one layer with equal shape would be equal
        draw = torch.Generator().manual_seed(0)
        draws = torch.randn(ALIKE, config.hidden, generator=draw, device=draw.device)
        draws[0] = 0
        self.register_buffer("apart", draws, persistent=False)
        self._memory = FlatMemory()
        self._scaled = FlatMemory()

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """For each graph the tensors of ``graph.parameters()``, in its order.

        Raises:
            GraphError: They are no graphs.
        """
        _check_graphs(graphs)
        if not graphs:
            return []
        encoded = [self._encode(graph) for graph in graphs]
        h, batch = self._states(encoded)
        places: dict[_Kind, list[tuple[int, str]]] = defaultdict(list)
        sources: dict[_Kind, list[_Source]] = defaultdict(list)
        scaled = self.config.input_gain != 1
        for index, (graph, offset) in enumerate(zip(encoded, batch.ptr.tolist(), strict=False)):
            for slot in graph.slots:
                kind = _Kind(slot.role, slot.shape, slot.first and scaled)
                places[kind].append((index, slot.name))
                sources[kind].append(_Source(offset + slot.node, slot.ordinal))
        found: list[dict[str, Tensor]] = [{} for _ in graphs]
        for kind, tensors in self._decode(h, sources).items():
            for (index, name), tensor in zip(places[kind], tensors.unbind(), strict=True):
                found[index][name] = tensor
        return [
            {slot.name: params[slot.name] for slot in graph.slots}
            for graph, params in zip(encoded, found, strict=True)
        ]

    def forward(
        self,
        model: nn.Module,
        example_inputs: Tensor | Sequence[Tensor] | Data | None = None,
    ) -> nn.Module:
        """The same module with predicted weights; see :func:`hypernets.predict_module`."""
        return predict_module(self, model, example_inputs).model

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Mean node state of each architecture, without dead branches: (G, hidden).

        Raises:
            GraphError: They are no graphs.
        """
        _check_graphs(graphs)
        if not graphs:
            return next(self.parameters()).new_zeros(0, self.config.hidden)
        h, batch = self._states([self._encode(graph.simplified) for graph in graphs])
        pooled: Tensor = global_mean_pool(h, batch.batch, len(graphs))
        return pooled

    def _encode(self, graph: Graph) -> EncodedGraph:
        encoded = encode(graph, self.config.reach)
        return in_canonical_order(encoded) if self.encoder.sequential else encoded

    def _states(self, encoded: list[EncodedGraph]) -> tuple[Tensor, Batch]:
        """Node states of a batch of graphs: (N, hidden)."""
        device = next(self.parameters()).device
        batch = graph_batch(encoded).to(device)
        h = self.embedding(batch)
        return self.norm(self.encoder(h, batch)), batch

    def _decode(self, h: Tensor, sources: Mapping[_Kind, list[_Source]]) -> dict[_Kind, Tensor]:
        """Parameters of each role and shape, one for each of its sources: (P, *shape)."""
        found = {} if torch.is_grad_enabled() else self._reserve(sources, h.device)
        together: dict[_Kind, list[_Kind]] = defaultdict(list)
        for kind in sources:
            together[self._unrepeated(kind)].append(kind)
        for (role, part, first), kinds in together.items():
            states = self._of(h, [source for kind in kinds for source in sources[kind]])
            raw = self.decoder(states, role, part)  # (P, *part), P of all kinds
            counts = [len(sources[kind]) for kind in kinds]
            for kind, values in zip(kinds, raw.split(counts), strict=True):
                gain = first and role in (Role.WEIGHT, Role.STACKED)
                gained = values * self.config.input_gain if gain else values
                if kind in found:
                    self._write(found[kind], gained, kind)
                else:
                    scaled = scale_by_fan_in(gained, role, kind.shape)
                    found[kind] = tile(scaled, kind.shape).contiguous()
        return found

    def _write(self, out: Tensor, raw: Tensor, kind: _Kind) -> None:
        """Scale decoded values, and repeat them where the parameters are larger."""
        if raw.shape == out.shape:
            scale_by_fan_in(raw, kind.role, kind.shape, out)
            return
        (scaled,) = self._scaled.tensors([tuple(raw.shape)], out.device)
        tile_into(out, scale_by_fan_in(raw, kind.role, kind.shape, scaled))

    def _of(self, h: Tensor, sources: Sequence[_Source]) -> Tensor:
        """States that parameters are decoded from: (N, D) -> (P, D)."""
        nodes, ordinals = zip(*sources, strict=True)
        states = h[torch.tensor(nodes, device=h.device)]
        if any(ordinals):
            draws = torch.tensor(ordinals, device=h.device).clamp_max(len(self.apart) - 1)
            states = states + self.apart[draws]
        return states

    def _reserve(
        self, sources: Mapping[_Kind, list[_Source]], device: torch.device
    ) -> dict[_Kind, Tensor]:
        shapes = [(len(members), *kind.shape) for kind, members in sources.items()]
        return dict(zip(sources, self._memory.tensors(shapes, device), strict=True))

    def _unrepeated(self, kind: _Kind) -> _Kind:
        """The decoded part of a parameter; the rest repeats it."""
        if not DECODERS.get(self.config.decoder).repeats:
            return kind
        part = unrepeated(kind.role, kind.shape, self.config.max_channels)
        return _Kind(kind.role, part, kind.first)


def _check_graphs(graphs: object) -> None:
    if not isinstance(graphs, list | tuple):
        raise GraphError(
            f"expected a list of graphs, got {described(graphs)}",
            hint="Give one graph as a list of one: predict([graph]).",
        )
    for graph in graphs:
        check_is_graph(graph)

"""Encoders: from the nodes of architecture graphs to one vector each."""

from hypernets.encoders.encoder import ENCODERS, Encoder
from hypernets.encoders.gated_gnn import GatedGNN
from hypernets.encoders.graph_transformer import GraphTransformer
from hypernets.encoders.memory import MemoryEncoder
from hypernets.encoders.mlp import MLPEncoder
from hypernets.encoders.position import PositionEncoder
from hypernets.encoders.rnn import RNNEncoder

__all__ = [
    "ENCODERS",
    "Encoder",
    "GatedGNN",
    "GraphTransformer",
    "MLPEncoder",
    "MemoryEncoder",
    "PositionEncoder",
    "RNNEncoder",
]

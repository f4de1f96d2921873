"""Decoders: from vectors of nodes to weight tensors, and the scaling of these tensors."""

from hypernets.decoders.chunk import ChunkDecoder
from hypernets.decoders.coordinate import CoordinateDecoder
from hypernets.decoders.decoder import DECODERS, Decoder
from hypernets.decoders.low_rank import LowRankDecoder
from hypernets.decoders.tile import TileDecoder

__all__ = [
    "DECODERS",
    "ChunkDecoder",
    "CoordinateDecoder",
    "Decoder",
    "LowRankDecoder",
    "TileDecoder",
]

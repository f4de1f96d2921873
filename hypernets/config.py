"""The sizes of a hypernetwork."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from torch import nn

from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.magnitude_invariant import MagnitudeInvariant
from hypernets.encoders.encoder import ENCODERS
from nas.errors import ConfigError

if TYPE_CHECKING:
    from hypernets.encoders.encoder import Encoder

_Part = TypeVar("_Part", bound=nn.Module)

LEARNED_CHANNELS = 64
"""Largest width of the independently learned parameters (``mip``)."""

_SIZES = ("hidden", "layers", "heads", "reach", "rank", "max_channels", "max_kernel", "classes")


def make_encoder(config: HypernetConfig) -> Encoder:
    """The encoder that a configuration names."""
    return _made(ENCODERS.get(config.encoder), config)


def make_decoder(config: HypernetConfig) -> nn.Module:
    """The decoder that a configuration names, in its parametrisation."""
    decoder = _made(DECODERS.get(config.decoder), config)
    if not config.mip:
        return decoder
    channels = min(config.max_channels, LEARNED_CHANNELS)
    return MagnitudeInvariant(decoder, config.hidden, channels, config.max_kernel, config.classes)


def _made(cls: type[_Part], config: HypernetConfig) -> _Part:
    """A part built from the sizes that its constructor names."""
    sizes = asdict(config)
    named = inspect.signature(cls).parameters
    return cls(**{name: sizes[name] for name in named if name in sizes})


@dataclass(frozen=True, kw_only=True)
class HypernetConfig:
    """One composition of features, encoder, decoder and parametrisation.

    Attributes:
        encoder: Entry of :data:`ENCODERS`.
        decoder: Entry of :data:`DECODERS`.
        mip: Magnitude-invariant parametrisation: decoded values are added to learned parameters,
            and the decoder's input has constant length.
        hidden: Size of a node state.
        layers: Number of layers of a transformer.
        heads: Number of attention heads of a transformer.
        reach: Longest path that becomes a virtual edge; 1 has real edges only.
        layer_norm: Whether node states are normalised before decoding.
        rank: Rank of weights from a low-rank decoder.
        max_channels: Width beyond which weights repeat.
        max_kernel: Largest window decoded without interpolation.
        classes: Number of classes of the heads it is trained on.
        input_gain: Factor of the weights applied to the network's input, one over the root mean
            square of the input: features of nodes are small, as most of them are zero.
    """

    encoder: str = "gated-gnn"
    decoder: str = "tile"
    mip: bool = False
    hidden: int = 32
    layers: int = 3
    heads: int = 8
    reach: int = 50
    layer_norm: bool = True
    rank: int = 32
    max_channels: int = 64
    max_kernel: int = 7
    classes: int = 10
    input_gain: float = 1.0

    def __post_init__(self) -> None:
        for part, known in (("encoder", ENCODERS), ("decoder", DECODERS)):
            if getattr(self, part) not in known:
                raise ConfigError(
                    f"unknown {part} {getattr(self, part)!r}; expected one of {tuple(known)}"
                )
        for name in _SIZES:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.encoder == "graph-transformer" and self.hidden % self.heads:
            raise ConfigError(f"heads ({self.heads}) must divide hidden ({self.hidden})")

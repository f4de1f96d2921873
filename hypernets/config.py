"""The sizes of a hypernetwork, and the family as a table of them."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from torch import nn

from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.magnitude_invariant import MagnitudeInvariant
from hypernets.encoders.encoder import ENCODERS
from nas.errors import ConfigError
from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@dataclass(frozen=True, kw_only=True)
class Family:
    """A published hypernetwork as a composition.

    Attributes:
        description: One line for listings.
        source: Paper.
        settings: Differences from the default configuration.
    """

    description: str
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)


HYPERNETS: Registry[Family] = Registry("hypernetwork")


def _family(name: str, description: str, source: str, **settings: Any) -> None:
    HYPERNETS.register(name)(Family(description=description, source=source, settings=settings))


def _ghn3(name: str, hidden: int, layers: int, heads: int) -> None:
    _family(
        name,
        f"transformer of {layers} layers over the graph, tile decoder",
        "Knyazev et al. 2023, Can We Scale Transformers to Predict Parameters",
        encoder="graph-transformer",
        hidden=hidden,
        layers=layers,
        heads=heads,
        **({"max_channels": hidden} if hidden > 64 else {}),
    )


def _logah(name: str, hidden: int, layers: int, heads: int, rank: int) -> None:
    _family(
        name,
        f"transformer of {layers} layers over the graph, weights of rank {rank}",
        "Zhou et al. 2024, LoGAH: Predicting 774-Million-Parameter Transformers",
        encoder="graph-transformer",
        decoder="low-rank",
        hidden=hidden,
        layers=layers,
        heads=heads,
        rank=rank,
        max_channels=2048,
    )


_family(
    "mlp",
    "every layer by itself, tile decoder; the baseline that sees no graph",
    "Knyazev et al. 2021, §5",
    encoder="mlp",
    reach=1,
)
_family(
    "ghn1",
    "gated graph network over real edges, tile decoder",
    "Zhang, Ren, Urtasun 2019, Graph HyperNetworks for Neural Architecture Search",
    reach=1,
    layer_norm=False,
)
_family(
    "ghn2",
    "gated graph network over real and virtual edges, normalised, tile decoder",
    "Knyazev et al. 2021, Parameter Prediction for Unseen Deep Architectures",
)
_family(
    "ghn2-lowrank",
    "the graph network of ghn2, weights of rank 32 with a learned vector for each channel",
    "Knyazev et al. 2021; Zhou et al. 2024, §3",
    decoder="low-rank",
)
_ghn3("ghn3", hidden=64, layers=3, heads=8)
_ghn3("ghn3-s", hidden=128, layers=5, heads=16)
_ghn3("ghn3-l", hidden=256, layers=12, heads=16)
_ghn3("ghn3-xl", hidden=384, layers=24, heads=16)
_logah("logah", hidden=64, layers=3, heads=8, rank=32)
_logah("logah-s", hidden=128, layers=5, heads=16, rank=90)
_family(
    "smash",
    "convolution over the memory traffic of the layers, tile decoder",
    "Brock et al. 2018, SMASH: One-Shot Model Architecture Search through HyperNetworks",
    encoder="memory",
    reach=1,
)
_family(
    "hypernetwork",
    "one learned vector for each place in the network, weights in chunks",
    "Ha, Dai, Le 2017, HyperNetworks",
    encoder="position",
    decoder="chunk",
    reach=1,
)
_family(
    "dependency-rnn",
    "recurrent network over the layers, each depending on those before it, tile decoder",
    "Chauhan et al. 2024, A Brief Review of Hypernetworks in Deep Learning",
    encoder="rnn",
    reach=1,
)
_family(
    "neumeta",
    "every layer by itself, weights as a function of their coordinates",
    "Yang et al. 2024, Neural Metamorphosis",
    encoder="mlp",
    decoder="coordinate",
    reach=1,
)

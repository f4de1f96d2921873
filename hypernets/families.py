"""The published hypernetworks, as a table of sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping


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
_family(
    "ghn3",
    "transformer over the graph, tile decoder",
    "Knyazev et al. 2023, Can We Scale Transformers to Predict Parameters",
    encoder="graph-transformer",
    hidden=64,
)
_family(
    "logah",
    "transformer over the graph, weights of rank 32",
    "Zhou et al. 2024, LoGAH: Predicting 774-Million-Parameter Transformers",
    encoder="graph-transformer",
    decoder="low-rank",
    hidden=64,
    max_channels=2048,
)
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
    "one learned vector for each place in the network, weights as a function of coordinates",
    "Yang et al. 2024, Neural Metamorphosis",
    encoder="position",
    decoder="coordinate",
    reach=1,
)

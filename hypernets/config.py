"""The sizes of a hypernetwork, and the family as a table of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError
from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCODERS = ("gated-gnn", "mlp")


@dataclass(frozen=True, kw_only=True)
class HypernetConfig:
    """One composition of features, encoder, decoder and parametrisation.

    Attributes:
        encoder: ``"gated-gnn"`` or ``"mlp"``.
        hidden: Size of a node state.
        reach: Longest path that becomes a virtual edge; 1 has real edges only.
        layer_norm: Whether node states are normalised before decoding.
        max_channels: Width of the decoder's tile.
        max_kernel: Largest window decoded without interpolation.
        classes: Number of classes of the heads it predicts.
    """

    encoder: str = "gated-gnn"
    hidden: int = 32
    reach: int = 50
    layer_norm: bool = True
    max_channels: int = 64
    max_kernel: int = 7
    classes: int = 10

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise ConfigError(f"unknown encoder {self.encoder!r}; expected one of {ENCODERS}")
        for name in ("hidden", "reach", "max_channels", "max_kernel", "classes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A published hypernetwork as a composition.

    Attributes:
        description: One line for listings.
        source: Paper.
        settings: What differs from the default configuration.
    """

    description: str
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)


HYPERNETS: Registry[Family] = Registry("hypernetwork")
HYPERNETS.register("ghn2")(
    Family(
        description="gated graph network over real and virtual edges, normalised, tile decoder",
        source="Knyazev et al. 2021, Parameter Prediction for Unseen Deep Architectures",
    )
)
HYPERNETS.register("ghn1")(
    Family(
        description="gated graph network over real edges, tile decoder",
        source="Zhang, Ren, Urtasun 2019, Graph HyperNetworks for Neural Architecture Search",
        settings={"reach": 1, "layer_norm": False},
    )
)
HYPERNETS.register("mlp")(
    Family(
        description="every layer by itself, tile decoder; the baseline that sees no graph",
        source="Knyazev et al. 2021, §5",
        settings={"encoder": "mlp", "reach": 1},
    )
)

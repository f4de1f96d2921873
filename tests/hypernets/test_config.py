from __future__ import annotations

import pytest
import torch

from hypernets.config import HypernetConfig, make_decoder, make_encoder
from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.magnitude_invariant import MagnitudeInvariant
from hypernets.embedding import NodeEmbedding
from hypernets.encoders.encoder import ENCODERS
from hypernets.families import HYPERNETS
from nas.config import from_mapping
from nas.errors import ConfigError
from tests.hypernets.hypernet_toys import chain, make_hypernet


@pytest.mark.parametrize("name", HYPERNETS.names())
def test_every_entry_is_a_configuration(name):
    family = HYPERNETS.get(name)
    assert isinstance(from_mapping(HypernetConfig, family.settings), HypernetConfig)
    assert family.description
    assert "20" in family.source


@pytest.mark.parametrize(
    ("name", "encoder", "decoder", "virtual", "normalised"),
    [
        ("ghn1", "gated-gnn", "tile", False, False),
        ("ghn2", "gated-gnn", "tile", True, True),
        ("ghn3", "graph-transformer", "tile", True, True),
        ("logah", "graph-transformer", "low-rank", True, True),
        ("smash", "memory", "tile", False, True),
        ("hypernetwork", "position", "chunk", False, True),
        ("dependency-rnn", "rnn", "tile", False, True),
        ("neumeta", "position", "coordinate", False, True),
        ("mlp", "mlp", "tile", False, True),
    ],
)
def test_the_family_as_published(name, encoder, decoder, virtual, normalised):
    config = from_mapping(HypernetConfig, HYPERNETS.get(name).settings)
    assert (config.encoder, config.decoder) == (encoder, decoder)
    assert (config.reach > 1, config.layer_norm) == (virtual, normalised)


S = {"hidden": 128, "layers": 5, "heads": 16}
"""The next larger transformer of both papers."""


@pytest.mark.parametrize(
    ("settings", "millions"),
    [
        ({}, 0.35),
        (S, 1.4),
        ({"hidden": 256, "layers": 12, "heads": 16}, 10.7),
        ({"hidden": 384, "layers": 24, "heads": 16}, 44.8),
    ],
)
def test_transformers_are_as_large_as_published(settings, millions):
    """Parameters of the published models less those of their decoders."""
    config = from_mapping(HypernetConfig, {**HYPERNETS.get("ghn3").settings, **settings})
    with torch.device("meta"):
        parts = make_encoder(config), NodeEmbedding(config.hidden)
    count = sum(p.numel() for part in parts for p in part.parameters())
    assert count == pytest.approx(1e6 * millions, rel=0.3)


@pytest.mark.parametrize(("settings", "millions"), [({}, 2.5), ({**S, "rank": 90}, 21.4)])
def test_low_rank_hypernetworks_are_as_large_as_published(settings, millions):
    """Zhou et al. 2024, table 1."""
    config = from_mapping(HypernetConfig, {**HYPERNETS.get("logah").settings, **settings})
    with torch.device("meta"):
        parts = make_encoder(config), make_decoder(config)
    count = sum(p.numel() for part in parts for p in part.parameters())
    assert count == pytest.approx(1e6 * millions, rel=0.1)


@pytest.mark.parametrize("name", HYPERNETS.names())
def test_any_of_them_can_be_magnitude_invariant(name):
    settings = {
        **HYPERNETS.get(name).settings,
        "hidden": 16,
        "heads": 4,
        "rank": 4,
        "max_channels": 8,
    }
    plain, invariant = (
        make_decoder(from_mapping(HypernetConfig, {**settings, "mip": mip}))
        for mip in (False, True)
    )
    assert isinstance(invariant, MagnitudeInvariant)
    assert type(invariant.decoder) is type(plain)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("decoder", DECODERS)
def test_encoders_and_decoders_combine_freely(encoder, decoder):
    hypernet = make_hypernet(encoder=encoder, decoder=decoder)
    (params,) = hypernet.predict([chain()])
    assert params["classifier.weight"].shape == (10, 8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "transformer"}, "unknown encoder 'transformer'; expected one of .*'mlp'"),
        ({"decoder": "tiles"}, "unknown decoder 'tiles'; expected one of .*'tile'"),
        ({"mip": 1}, "mip must be bool"),
        ({"heads": 0}, "heads must be at least 1, got 0"),
        (
            {"encoder": "graph-transformer", "hidden": 30},
            r"heads \(8\) must divide hidden \(30\)",
        ),
        ({"hidden": 0}, "hidden must be at least 1, got 0"),
        ({"max_kernel": -3}, "max_kernel must be at least 1, got -3"),
        ({"hiden": 8}, "no key 'hiden'. Did you mean 'hidden'"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        from_mapping(HypernetConfig, settings)

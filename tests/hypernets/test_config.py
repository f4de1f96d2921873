from __future__ import annotations

import pytest

from hypernets.config import HYPERNETS, HypernetConfig
from nas.config import from_mapping
from nas.errors import ConfigError


@pytest.mark.parametrize("name", HYPERNETS.names())
def test_every_entry_is_a_configuration(name):
    family = HYPERNETS.get(name)
    assert isinstance(from_mapping(HypernetConfig, family.settings), HypernetConfig)
    assert family.description
    assert "20" in family.source


@pytest.mark.parametrize(
    ("name", "encoder", "virtual", "normalised"),
    [
        ("ghn1", "gated-gnn", False, False),
        ("ghn2", "gated-gnn", True, True),
        ("mlp", "mlp", False, True),
    ],
)
def test_the_family_as_published(name, encoder, virtual, normalised):
    config = from_mapping(HypernetConfig, HYPERNETS.get(name).settings)
    assert (config.encoder, config.reach > 1, config.layer_norm) == (encoder, virtual, normalised)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "transformer"}, "unknown encoder 'transformer'; expected one of .*'mlp'"),
        ({"hidden": 0}, "hidden must be at least 1, got 0"),
        ({"max_kernel": -3}, "max_kernel must be at least 1, got -3"),
        ({"hiden": 8}, "no key 'hiden'. Did you mean 'hidden'"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        from_mapping(HypernetConfig, settings)

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from hypernets.card import HypernetCard
from nas.config import from_mapping
from nas.errors import ConfigError
from nas.predictor.card import Card

NEEDED: dict[str, Any] = {
    "name": "small",
    "hypernet": "ghn2",
    "config": {"hidden": 32},
    "vocabulary": 1,
    "space": "nb201",
    "dataset": "cifar10",
    "fingerprint": "0123456789abcdef",
    "channels": 3,
    "classes": 10,
}
IN_THE_FIRST_FILES = {
    *NEEDED,
    "proxy",
    "features",
    "general",
    "training",
    "measured",
    "reference",
    "digest",
}


def test_json_returns_the_same_card():
    card = HypernetCard(**NEEDED, measured={"kendall tau": 0.6}, reference={"macs": [2e6, 1e5]})
    assert from_mapping(HypernetCard, json.loads(json.dumps(asdict(card)))) == card


def test_a_file_has_the_keys_of_the_first_version():
    assert set(asdict(HypernetCard(**NEEDED))) == IN_THE_FIRST_FILES


def test_training_and_measurements_may_be_missing():
    card = from_mapping(HypernetCard, NEEDED)
    assert (card.training, card.measured, card.reference) == ({}, {}, {})


@pytest.mark.parametrize("name", NEEDED)
def test_all_else_is_needed(name):
    values = {key: value for key, value in NEEDED.items() if key != name}
    with pytest.raises(ConfigError, match=f"HypernetCard needs the key '{name}'"):
        from_mapping(HypernetCard, values)


def test_scoring_reads_it_as_any_card():
    assert isinstance(HypernetCard(**NEEDED), Card)

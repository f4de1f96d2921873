from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict
from typing import Any

import pytest

from nas.config import from_mapping
from nas.errors import ConfigError
from nas.predictor.card import Card

VALUES: dict[str, Any] = {
    "name": "small",
    "hypernet": "ghn2",
    "config": {"hidden": 32},
    "vocabulary": 1,
    "space": "nb201",
    "proxy": {"channels": 8, "resolution": 16},
    "dataset": "cifar10",
    "fingerprint": "0123456789abcdef",
    "channels": 3,
    "classes": 10,
}


def test_json_returns_the_same_card():
    card = Card(**VALUES, measured={"kendall tau": 0.6}, reference={"macs": [2e6, 1e5]})
    assert from_mapping(Card, json.loads(json.dumps(asdict(card)))) == card


def test_training_and_measurements_may_be_missing():
    card = from_mapping(Card, VALUES)
    assert card.training == card.measured == {}
    assert card.reference == {}


@pytest.mark.parametrize("name", VALUES)
def test_all_else_is_needed(name):
    values = {key: value for key, value in VALUES.items() if key != name}
    with pytest.raises(ConfigError, match=f"Card needs the key '{name}'"):
        from_mapping(Card, values)


def test_cards_are_values():
    card = Card(**VALUES)
    with pytest.raises(FrozenInstanceError):
        card.name = "other"  # type: ignore[misc]

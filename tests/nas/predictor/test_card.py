from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from nas.config import from_mapping
from nas.errors import ConfigError
from nas.predictor.card import Card

NEEDED = {"name": "mine", "space": "nb201", "channels": 3, "classes": 10}


def test_scoring_needs_a_name_the_space_and_the_sizes_of_the_task():
    card = from_mapping(Card, NEEDED)
    assert (card.proxy, card.reference, card.features, card.general) == ({}, {}, 0, False)


@pytest.mark.parametrize("name", NEEDED)
def test_none_of_these_may_be_missing(name):
    values = {key: value for key, value in NEEDED.items() if key != name}
    with pytest.raises(ConfigError, match=f"Card needs the key '{name}'"):
        from_mapping(Card, values)


def test_cards_are_values():
    card = from_mapping(Card, NEEDED)
    with pytest.raises(FrozenInstanceError):
        card.name = "other"  # type: ignore[misc]

from __future__ import annotations

import pytest

from hypernets.checkpoint import load
from hypernets.measure import measure
from search_spaces.registry import get
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space


def test_accuracies_of_random_architectures() -> None:
    hypernet = make_hypernet()
    measured = measure(hypernet, tiny_space(), digits())
    mean, best = measured.values()
    assert 0 < mean <= best <= 1
    assert measured == measure(hypernet, tiny_space(), digits())


def test_the_shipped_hypernetwork_predicts_as_its_card_says() -> None:
    hypernet = load("nasnet-digits")
    space = get("nasnet", digits().task)
    assert hypernet.card.fingerprint == digits().fingerprint
    measured = measure(hypernet, space, digits())
    assert measured == pytest.approx(dict(hypernet.card.measured), abs=0.01)
    assert min(measured.values()) > 0.9

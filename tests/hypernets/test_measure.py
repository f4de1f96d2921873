from __future__ import annotations

from hypernets.measure import measure
from tests.hypernets.hypernet_toys import digits, make_hypernet, tiny_space


def test_accuracies_of_random_architectures() -> None:
    hypernet = make_hypernet()
    measured = measure(hypernet, tiny_space(), digits())
    mean, best = measured.values()
    assert 0 < mean <= best <= 1
    assert measured == measure(hypernet, tiny_space(), digits())

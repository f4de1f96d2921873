from __future__ import annotations

import search_spaces
from hypernets.training import card
from tests.hypernets.hypernet_toys import digits


def test_the_widest_layer_does_not_make_the_tile() -> None:
    """The head of MnasNet has twenty times the channels of most of its layers."""
    space = search_spaces.get("mnasnet", digits().task)
    assert card._largest(space.at(channels=16), 0) == {
        "max_channels": 64,
        "max_kernel": 5,
    }

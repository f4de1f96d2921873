from __future__ import annotations

import pytest

from benchmarks.hypernets.entry import ENTRIES
from hypernets.config import HypernetConfig
from hypernets.training.config import HypernetTraining
from nas.config import from_mapping


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_a_composition_and_a_training(name):
    entry = ENTRIES[name]
    assert from_mapping(HypernetConfig, entry.composition).mip is ("mip" in name)
    assert from_mapping(HypernetTraining, entry.training)


def test_the_smallest_of_each_hypernetwork_twice():
    assert {"ghn1", "ghn1+mip", "ghn3", "dependency-rnn", "smash+mip"} <= ENTRIES.keys()


def test_the_published_recipe_sees_as_many_networks_in_a_step_as_its_paper():
    training = from_mapping(HypernetTraining, ENTRIES["ghn2-published"].training)
    assert (training.meta_batch, training.batch_size, training.lr) == (8, 64, 1e-3)

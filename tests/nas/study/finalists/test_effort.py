from __future__ import annotations

from nas.study.finalists.effort import EquivalentEpoch

UNIT = EquivalentEpoch(macs=10e6, rows=50_000)


def test_training_the_mean_network_once_is_one_epoch() -> None:
    one = UNIT.of_training("rung 1", [10e6], 1)
    assert (one.name, one.architectures, one.epochs, one.equivalent_epochs) == ("rung 1", 1, 1, 1)


def test_networks_of_the_mean_count_by_number_and_length() -> None:
    assert UNIT.of_training("rung 1", [5e6, 10e6, 15e6], 3).equivalent_epochs == 9
    assert UNIT.of_training("rung 2", [15e6], 9).equivalent_epochs == 13.5


def test_scoring_costs_a_third_of_training_on_as_many_images() -> None:
    """600 candidates of a tenth of the size, on 1000 of 50000 images: 600 / 10 / 50 / 3."""
    effort = UNIT.of_scoring(600, macs=1e6, rows=1000)
    assert effort.equivalent_epochs == 0.4
    assert (effort.name, effort.architectures, effort.epochs) == ("predicted weights", 600, 0)

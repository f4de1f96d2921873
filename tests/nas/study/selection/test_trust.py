from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from nas.study.selection.trust import trust


def test_each_score_is_compared_with_the_accuracy_after_training() -> None:
    scores = {"score": [1, 2, 4, 3], "macs": [9, 8, 7, 6], "params": [5, 5, 5, 5]}
    found = trust(scores, [0.1, 0.2, 0.3, 0.4])
    assert found.probes == 4
    # one of six pairs is in the wrong order: (5 - 1) / 6
    assert found.kendall_tau == {
        "score": pytest.approx(2 / 3),
        "macs": pytest.approx(-1.0),
        "params": None,
    }
    assert found.interval["params"] is None


def test_ties_are_those_of_tau_b() -> None:
    score, accuracy = [1.0, 1.0, 2.0, 3.0, 3.0, 2.0], [0.5, 0.6, 0.6, 0.9, 0.7, 0.5]
    found = trust({"score": score}, accuracy)
    assert found.kendall_tau["score"] == pytest.approx(kendalltau(score, accuracy).statistic)


@pytest.mark.parametrize("accuracies", [[], [0.1], [0.1, 0.2], [0.3, 0.3, 0.3]])
def test_too_few_or_equal_ones_give_no_order(accuracies: list[float]) -> None:
    count = len(accuracies)
    found = trust({"score": list(range(count)), "macs": list(range(count))}, accuracies)
    assert found.probes == count
    assert found.kendall_tau == {"score": None, "macs": None}
    assert found.interval == {"score": None, "macs": None}
    assert found.ranked_by == "score"


def test_the_interval_narrows_with_more_probes_and_holds_tau() -> None:
    draws = np.random.default_rng(0)

    def width(count: int) -> float:
        accuracies = draws.random(count)
        found = trust({"score": list(accuracies + 0.3 * draws.random(count))}, list(accuracies))
        interval, tau = found.interval["score"], found.kendall_tau["score"]
        assert interval is not None
        assert tau is not None
        assert interval[0] <= tau <= interval[1]
        return interval[1] - interval[0]

    assert width(60) < width(6)


def test_another_score_ranks_only_if_it_surely_does_better() -> None:
    accuracies = [float(value) for value in range(12)]
    noise = [5, 0, 9, 3, 11, 1, 7, 2, 10, 4, 8, 6]
    one_swap = [1, 0, *range(2, 12)]
    better = trust({"score": noise, "macs": noise, "loss": one_swap}, accuracies)
    assert better.ranked_by == "loss"
    close = trust({"score": one_swap, "loss": accuracies}, accuracies)
    assert close.ranked_by == "score"


def test_nothing_ranks_that_is_behind_counting_by_more_than_its_error() -> None:
    accuracies = [float(value) for value in range(12)]
    poor, fair = [10, 6, 4, 0, 3, 7, 1, 8, 9, 11, 2, 5], [3, 0, 5, 1, 7, 2, 9, 4, 11, 6, 8, 10]
    for name in ("macs", "params"):
        assert trust({"score": poor, name: fair}, accuracies).ranked_by == name
    assert trust({"score": poor, "loss": fair}, accuracies).ranked_by == "score"
    assert trust({"score": fair, "macs": poor}, accuracies).ranked_by == "score"
    one_swap = [1, 0, *range(2, 12)]
    assert trust({"score": one_swap, "macs": accuracies}, accuracies).ranked_by == "score"


def test_a_handful_does_not_switch_by_luck() -> None:
    assert trust({"score": [1, 2, 0], "macs": [0, 1, 2]}, [0.1, 0.2, 0.3]).ranked_by == "score"

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.analysis.cost import Cost
from nas.evaluate.scorer import Estimate
from nas.space.candidate import candidate
from nas.study.result import Found
from nas.study.trust import trust
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    from collections.abc import Sequence

CANDIDATE = candidate(toy_space(), {"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


def probes(
    trained: Sequence[float], accuracy: Sequence[float], loss: Sequence[float], params: list[int]
) -> list[Found]:
    return [
        Found(
            candidate=CANDIDATE,
            number=number,
            values=(0.0,),
            estimate=Estimate(accuracy=accuracy[number], loss=loss[number]),
            cost=Cost(params=params[number], macs=7, activation_bytes=1, layers=1),
            val_accuracy=trained[number],
        )
        for number in range(len(trained))
    ]


def test_each_figure_is_compared_with_the_accuracy_after_training() -> None:
    found = trust(
        probes([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [4.0, 3.0, 1.0, 2.0], [9, 8, 7, 6])
    )
    assert found.probes == 4
    # one of six pairs is in the wrong order: (5 - 1) / 6
    assert found.kendall_tau == {
        "accuracy": pytest.approx(1.0),
        "loss": pytest.approx(2 / 3),
        "params": pytest.approx(-1.0),
        "macs": None,
    }


@pytest.mark.parametrize("trained", [[], [0.1], [0.1, 0.2], [0.3, 0.3, 0.3]])
def test_too_few_or_equal_ones_tell_nothing(trained: list[float]) -> None:
    count = len(trained)
    found = trust(probes(trained, [0.1 * i for i in range(count)], [1.0] * count, [5] * count))
    assert found.probes == count
    assert set(found.kendall_tau.values()) == {None}

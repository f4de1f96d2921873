from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.errors import ConfigError
from nas.study.finalists.rungs import affordable, plan, training_epochs

FINALISTS = st.integers(1, 400)
SHORT = st.integers(1, 12)
FULL = st.integers(1, 300)
REDUCTION = st.integers(2, 6)


@pytest.mark.parametrize(
    ("finalists", "finalist_epochs", "max_epochs", "reduction", "expected"),
    [
        (3, 3, 30, 3, [(3, 3), (1, 30)]),
        (9, 3, 30, 3, [(9, 3), (3, 9), (1, 30)]),
        (27, 1, 27, 3, [(27, 1), (9, 3), (3, 9), (1, 27)]),
        (4, 3, 30, 3, [(4, 3), (2, 9), (1, 30)]),
        (100, 3, 30, 3, [(100, 3), (34, 9), (12, 27), (1, 30)]),
        (8, 1, 16, 2, [(8, 1), (4, 2), (2, 4), (1, 16)]),
        (9, 3, 9, 3, [(9, 3), (1, 9)]),
        (1, 3, 30, 3, [(1, 3), (1, 30)]),
        (0, 3, 30, 3, [(1, 30)]),
        (9, 3, 0, 3, [(9, 3)]),
        (0, 3, 0, 3, []),
        (9, 3, 3, 3, [(9, 3), (1, 3)]),
        (9, 3, 2, 3, [(9, 2), (1, 2)]),
    ],
)
def test_the_plan(
    finalists: int,
    finalist_epochs: int,
    max_epochs: int,
    reduction: int,
    expected: list[tuple[int, int]],
) -> None:
    rungs = plan(finalists, finalist_epochs, max_epochs, reduction)
    assert [(rung.size, rung.epochs) for rung in rungs] == expected


@given(FINALISTS, SHORT, FULL, REDUCTION)
def test_fewer_and_fewer_are_trained_longer_and_longer(
    finalists: int, short: int, full: int, reduction: int
) -> None:
    rungs = plan(finalists, short, full, reduction)
    assert rungs[0].size == finalists
    assert (rungs[-1].size, rungs[-1].epochs) == (1, full)
    for below, above in itertools.pairwise(rungs):
        assert above.size < below.size or finalists == 1
        assert above.epochs > below.epochs or full <= short
    for below, above in itertools.pairwise(rungs[:-1]):
        assert above.epochs == reduction * below.epochs < full
        assert below.size <= reduction * above.size < below.size + reduction


BASELINES = st.integers(0, 4)


@given(FINALISTS, SHORT, FULL, REDUCTION)
def test_one_more_finalist_costs_more(
    finalists: int, short: int, full: int, reduction: int
) -> None:
    cost, more = (
        training_epochs(plan(n, short, full, reduction), n) for n in (finalists, finalists + 1)
    )
    assert cost < more


def test_two_rivals_and_the_baselines_are_paid_for_where_there_are_finalists() -> None:
    assert training_epochs(plan(9, 3, 30), 9) == 9 * 3 + 3 * 9 + 30 + 2 * 3
    assert training_epochs(plan(9, 3, 30), 9, baselines=4) == 9 * 3 + 3 * 9 + 30 + 6 * 3
    assert training_epochs(plan(9, 3, 0), 9) == 9 * 3 + 2 * 3
    assert training_epochs(plan(0, 3, 30), 0, baselines=4) == 30


@pytest.mark.parametrize(
    ("budget", "max_epochs", "expected"),
    [(30, 30, 0), (38.9, 30, 0), (39, 30, 1), (89.9, 30, 8), (90, 30, 9), (15, 0, 3)],
)
def test_a_budget_by_hand(budget: float, max_epochs: int, expected: int) -> None:
    assert affordable(budget, 3, max_epochs) == expected


@given(SHORT, FULL, REDUCTION, st.floats(1, 3000), BASELINES)
def test_a_budget_is_kept_and_used(
    short: int, full: int, reduction: int, more: float, baselines: int
) -> None:
    def cost(finalists: int) -> int:
        return training_epochs(plan(finalists, short, full, reduction), finalists, baselines)

    finalists = affordable(full + more, short, full, reduction, baselines)
    assert cost(finalists) <= full + more < cost(finalists + 1)


@pytest.mark.parametrize(
    ("budget", "max_epochs", "message"),
    [
        (29, 30, "a budget of 29 epochs is less than the 30 of the final training"),
        (8, 0, "a budget of 8 epochs is less than the 9 of the training of one finalist"),
    ],
)
def test_what_does_not_fit_a_budget(budget: float, max_epochs: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        affordable(budget, 3, max_epochs)


def test_a_budget_pays_for_each_split_of_the_brief_trainings() -> None:
    """Of five finalists and two rivals three times three epochs, of two three times nine."""
    assert affordable(147, 3, 30, splits=3) == 5
    assert affordable(146, 3, 30, splits=3) == 4
    assert affordable(147, 3, 30, splits=1) == 9

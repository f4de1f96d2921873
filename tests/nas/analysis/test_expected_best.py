from __future__ import annotations

from itertools import product
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.expected_best import expected_best

SAMPLES = st.lists(st.floats(0, 1), min_size=1, max_size=5)


@given(sample=SAMPLES, draws=st.integers(1, 4))
def test_it_is_the_mean_of_the_maximum_over_all_draws(sample, draws):
    every = fmean(max(drawn) for drawn in product(sample, repeat=draws))

    assert expected_best(sample, draws).value == pytest.approx(every)


@given(sample=SAMPLES, draws=st.integers(1, 30))
def test_the_interval_lies_within_the_sample(sample, draws):
    low, high = expected_best(sample, draws).interval

    assert min(sample) - 1e-9 <= low <= high <= max(sample) + 1e-9


def test_more_draws_promise_more_and_never_more_than_the_best_of_the_sample():
    sample = [0.2, 0.5, 0.8]
    values = [expected_best(sample, draws).value for draws in (1, 2, 10, 1000)]

    assert values == sorted(values)
    assert values[0] == pytest.approx(0.5)
    assert values[-1] == pytest.approx(0.8)

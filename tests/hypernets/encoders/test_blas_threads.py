from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hypernets.encoders.blas_threads import one_blas_thread


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    assert np.ones(2) @ np.ones(2) == 2
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        yield
        assert blas_threads() == before


def test_one_thread_inside_and_as_many_as_before_afterwards() -> None:
    with one_blas_thread():
        assert min(blas_threads(), default=1) == 1  # scipy has a library of its own


def test_sweeps_of_several_threads_restore_it() -> None:
    def sweep(_: int) -> None:
        with one_blas_thread():
            assert np.ones((8, 8)).sum() == 64

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, range(64)))

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress

import pytest

from nas.space.time_limit import TimeIsOver, time_limit


def forever() -> None:
    while True:
        pass


def stubborn() -> None:
    """Catches two exceptions of the time limit, but not the third."""
    for _ in range(2):
        try:
            forever()
        except BaseException:
            continue
    forever()


@pytest.mark.parametrize("work", [forever, stubborn, lambda: time.sleep(60)])
def test_endless_code_is_ended(work) -> None:
    before = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    with pytest.raises(TimeIsOver, match=r"longer than 0.3 s"), time_limit(0.3):
        work()
    assert 0.25 <= time.monotonic() - began < 20
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_code_that_ends_in_time_or_raises_is_not_interrupted() -> None:
    with time_limit(0.3):
        pass
    with pytest.raises(KeyError), time_limit(0.3):
        raise KeyError
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    with time_limit(None):
        pass


def test_the_inner_of_two_limits_ends_its_own_block_alone() -> None:
    with time_limit(60):
        with pytest.raises(TimeIsOver, match=r"0.3 s"), time_limit(0.3):
            forever()
        after = True
    assert after


def test_the_outer_of_two_limits_ends_both_blocks() -> None:
    reached = []

    def work() -> None:
        with suppress(TimeIsOver), time_limit(60):
            forever()
        reached.append("the block goes on")

    with pytest.raises(TimeIsOver, match=r"0.3 s"), time_limit(0.3):
        work()
    assert not reached


def test_an_inner_limit_leaves_time_for_the_code_after_it() -> None:
    with time_limit(7):
        with pytest.raises(TimeIsOver, match=r"longer than 3.5 s"), time_limit(60):
            forever()
        with pytest.raises(TimeIsOver, match=r"longer than 0.3 s"), time_limit(0.3):
            forever()


def test_an_alarm_that_was_set_before_is_set_again() -> None:
    rung: list[int] = []
    former = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        with time_limit(60):
            time.sleep(0.6)
        assert not rung
        time.sleep(0.1)
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def test_another_thread_has_no_limit() -> None:
    done = []

    def work() -> None:
        with time_limit(0.25):
            time.sleep(0.6)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done

"""What holds for all tests."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# failures of the public conformance tests show values, like those of other tests
pytest.register_assert_rewrite("nas.testing")


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, here and in the programs started, also where tests run in background.

    A shell has its background jobs, and all they start, ignore it.
    """
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)

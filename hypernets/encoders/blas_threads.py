"""Threads of the library that multiplies numpy's matrices."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALONE = Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Multiply numpy's matrices in one thread, in which small products are fastest.

    BLAS has other threads than torch, and both wait for work without sleeping: used together they
    compete for the processors.
    """
    with _ALONE, _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()

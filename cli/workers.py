"""Workers that commands use."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor


@contextmanager
def workers_for(
    count: int | None,
    kind: str | None = None,
    scheduler: str | None = None,
    *,
    memory: int | None = None,
) -> Iterator[Executor | None]:
    """The executor that options ask for while the block runs; None for this process.

    Args:
        count: Number of processes on this machine.
        kind: ``dask``, or None.
        scheduler: Address of Dask's scheduler.
        memory: Bytes of data that each of the processes may hold.

    Raises:
        UsageError: Options exclude each other, or one is missing.
    """
    from nas.execution.dask import dask_executor
    from nas.execution.workers import Workers

    if (kind is None) != (scheduler is None):
        raise click.UsageError("--executor dask and --scheduler ADDRESS are given together")
    if scheduler is not None and count is not None:
        raise click.UsageError("give either --workers or --executor dask, which has its own")
    if memory is not None and count is None:
        raise click.UsageError("--memory-per-worker is for --workers")
    if scheduler is not None:
        with dask_executor(scheduler) as executor:
            yield executor
    elif count is not None:
        workers = Workers(count, memory=memory)
        try:
            yield workers
        finally:
            workers.kill()  # also where one still trains a network that nobody asks for
    else:
        yield None

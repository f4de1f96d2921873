"""The workers of a Dask cluster."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nas.errors import ConfigError, StudyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_PATIENCE = 30
"""Seconds to wait for the scheduler."""


@contextmanager
def dask_executor(scheduler: str) -> Iterator[Executor]:
    """The workers of a Dask cluster as an executor while the block runs.

    Dask gives the task of a worker that dies to another one, as often as its setting
    ``distributed.scheduler.allowed-failures`` says.

    Args:
        scheduler: Its address, such as ``tcp://10.0.0.1:8786``.

    Raises:
        ConfigError: Dask is not installed, or the address is none.
        StudyError: No scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            "Dask is not installed", hint="`pip install 'ghn-nas[dask]'` installs it."
        ) from None
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except ValueError as error:
        raise ConfigError(
            f"{scheduler!r} is no address of a Dask scheduler: {error}",
            hint="Write it like tcp://10.0.0.1:8786.",
        ) from None
    except OSError as error:
        raise StudyError(
            f"no Dask scheduler answers at {scheduler!r}: {error}",
            hint="Start one with `dask scheduler`, and workers with `dask worker ADDRESS "
            "--nthreads 1`.",
        ) from None
    with client:
        yield client.get_executor(pure=False)

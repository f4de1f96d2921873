"""A process that runs functions one after another."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from contextlib import suppress
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

from nas.errors import WorkerError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from nas.execution.serve import serve; serve()"
)
"""It imports what a task needs and not the user's script, as multiprocessing would."""


class WorkerProcess:
    """A fresh Python process, driven through its standard streams.

    It ignores the Ctrl-C of a terminal, and ends when this process does, however that ends.

    Args:
        variables: Environment variables beside those of this process.
        memory: Bytes of data it may hold; None for no limit.

    Raises:
        WorkerError: It ended as it started.
    """

    def __init__(self, variables: Mapping[str, str], memory: int | None) -> None:
        self._process = Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, **variables},
            start_new_session=True,
        )
        self._send(sys.path)
        self.call(memory)

    def call(self, request: object) -> Any:
        """Send a request, and wait for the answer.

        Raises:
            WorkerError: The process ended.
        """
        began = time.monotonic()
        try:
            self._send(request)
            assert self._process.stdout is not None
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self.end()
            status = self._process.returncode
            raise WorkerError(
                f"its worker process ended ({_ending(status)})",
                seconds=time.monotonic() - began,
                status=status,
            ) from None

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # a part of a request was not written
                assert stream is not None
                stream.close()

    def _send(self, request: object) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended; waiting for its answer says so
            pickle.dump(request, self._process.stdin, protocol=5)
            self._process.stdin.flush()


def _ending(status: int) -> str:
    """How a process ended, in words."""
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"

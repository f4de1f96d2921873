"""The program of a worker process."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

import nas.execution.task  # noqa: F401  # takes seconds: a process has started when it is imported
from nas.allocator import keep_freed_memory

if sys.platform != "win32":
    import resource


def serve() -> None:
    """Run functions that come through standard input until it ends; then end at once.

    The first request is the number of bytes of data that this process may hold, or None. All
    others are packed functions, which run in the main thread, where user code can be interrupted.
    What they print goes to standard error.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends the process, as other signals do
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, requests), daemon=True).start()
    _limit_memory(requests.get())
    keep_freed_memory()
    _answer(answers, None)
    while True:
        reply: tuple[Any, BaseException | None]
        try:
            function, args, kwargs = pickle.loads(requests.get())
            reply = (function(*args, **kwargs), None)
        except BaseException as error:  # of the function, SystemExit included
            reply = (None, error)
        try:
            packed = pickle.dumps(reply)
        except Exception as error:
            packed = pickle.dumps((None, TypeError(f"the result cannot be sent: {error}")))
        _answer(answers, packed)


def _receive(source: BinaryIO, requests: queue.SimpleQueue[Any]) -> None:
    """Pass on all requests; the end of them means that the driver is gone."""
    while True:
        try:
            requests.put(pickle.load(source))
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)


def _answer(answers: BinaryIO, packed: bytes | None) -> None:
    pickle.dump(packed, answers, protocol=5)
    answers.flush()


def _limit_memory(most: int | None) -> None:
    if most is not None and sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (most, hard))

"""Standard output and error: redirection, and handling of closed streams."""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSED_PIPE = 141
"""The exit code that shells report for a program ended by SIGPIPE."""


def open_missing() -> None:
    """Connect streams that were closed before the start (``>&-``) to the null device.

    Otherwise the next opened file would take their place.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or _null_device()
    sys.stderr = sys.stderr or _null_device()


def _null_device() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def reader_has_gone() -> bool:
    """Whether a reader of standard output or error is gone; discard further output then."""
    gone = False
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            gone = True
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())  # or Python would complain when it ends
            os.close(null)
    return gone


class ReaderGoneError(Exception):
    """The reader of a pipe is gone; not an ``OSError``, which click turns into an exit code."""


@contextmanager
def read_to_the_end() -> Iterator[None]:
    """Raise :class:`ReaderGoneError` if the reader of a pipe is gone."""
    try:
        yield
    except BrokenPipeError:
        raise ReaderGoneError from None


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """Send all printed text to standard error while the block runs; yield standard output.

    This covers the user's code and the programs that it starts.
    """
    with ExitStack() as stack:
        yield _apart(stack)


def _apart(stack: ExitStack) -> TextIO:
    output, error = sys.stdout, sys.stderr
    stack.enter_context(redirect_stdout(error))
    try:
        descriptors = output.fileno(), error.fileno()
    except (io.UnsupportedOperation, AttributeError, ValueError):  # in a test or a notebook
        return output
    output.flush()
    kept = os.dup(descriptors[0])
    os.dup2(descriptors[1], descriptors[0])
    stack.callback(os.close, kept)
    stack.callback(os.dup2, kept, descriptors[0])
    stack.callback(output.flush)  # what was written past the redirection
    results = open(kept, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    stack.callback(results.flush)
    return results

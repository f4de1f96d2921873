"""Standard output and error: what goes there, and what happens where they are closed."""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSED_PIPE = 141
"""What shells report of a program that SIGPIPE has ended."""


def open_missing() -> None:
    """Give streams that were closed before the start (``>&-``) to nobody.

    Otherwise the next file that is opened would be taken for them.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or _nobody()
    sys.stderr = sys.stderr or _nobody()


def _nobody() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def reader_has_gone() -> bool:
    """Whether whoever read standard output or error no longer does; then it is given to nobody."""
    gone = False
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            gone = True
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, stream.fileno())  # or Python would complain when it ends
            os.close(nobody)
    return gone


class ReaderGoneError(Exception):
    """Whoever read a pipe no longer does; no ``OSError``, of which click makes an exit code."""


@contextmanager
def read_to_the_end() -> Iterator[None]:
    """While active, a pipe without a reader is a :class:`ReaderGoneError`."""
    try:
        yield
    except BrokenPipeError:
        raise ReaderGoneError from None


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """While active, what anybody prints goes to standard error; gives what leads to output.

    Code of the user's may print as it likes, and so may programs that it starts.
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

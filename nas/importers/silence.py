"""Suppress the messages of torch while a module is imported."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def torch_silenced() -> Iterator[None]:
    """Keep torch from warning, logging and printing on stderr."""
    handlers = {handler: handler.level for log in _logs() for handler in log.handlers}
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for handler, level in handlers.items():
            handler.setLevel(level)


def _logs() -> list[logging.Logger]:
    """Torch's loggers; some of its modules have handlers of their own."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "torch"]
    return [logging.getLogger(name) for name in names]

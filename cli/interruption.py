"""Reliable handling of Ctrl-C."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@dataclass
class Interruption:
    """Remembers Ctrl-C while a command runs.

    Python drops a KeyboardInterrupt inside a destructor or a callback of C code, and the program
    would run on to its end. So it is remembered, and raised again at the next event.

    Attributes:
        pending: Whether Ctrl-C was pressed.
    """

    pending: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle the first Ctrl-C; the next one kills the program."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.pending = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise the exception again if it was lost.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self.pending:
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Remember Ctrl-C while the block runs, unless the caller has set a handler."""
    interruption = Interruption()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    former = sys.unraisablehook

    def silent(dropped: sys.UnraisableHookArgs) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            former(dropped)

    signal.signal(signal.SIGINT, interruption)
    sys.unraisablehook = silent
    try:
        yield interruption
    finally:
        sys.unraisablehook = former
        signal.signal(signal.SIGINT, signal.default_int_handler)

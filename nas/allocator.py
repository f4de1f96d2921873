"""How the process gets memory from the system, and how much it may take."""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Options of glibc's ``mallopt`` (mallopt(3))."""
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def keep_freed_memory() -> None:
    """Let the process use freed memory again, in place of returning it to the system.

    By default glibc maps each tensor above 32 MB anew, and the system clears its pages. On graphs,
    with one message for each edge, that takes twice as long as the arithmetic. Affects the whole
    process; does nothing where the C library is not glibc.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, -1)


def return_freed_memory() -> None:
    """Return the pages of freed memory to the system; the next tensors take them anew.

    Between large pieces of work: after :func:`keep_freed_memory` a process keeps all it ever had,
    and a search of 300 small images leaves a gigabyte. Does nothing where the C library is not
    glibc.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def memory() -> float:
    """Bytes of memory this process may take; infinite where that is not known."""
    found = float("inf")
    with suppress(ValueError, OSError, AttributeError):
        found = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(ValueError, OSError):  # no such file, or "max"
        found = min(found, int(_CONTAINER.read_text()))
    return found

"""How the process gets memory from the system."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Options of glibc's ``mallopt`` (mallopt(3))."""


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

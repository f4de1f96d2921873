"""Texts that may be paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def there(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether a path, which may be no path at all, is an existing file or folder."""
    try:
        return kind(path)
    except (OSError, ValueError):  # a notation can be longer than a file name may be
        return False

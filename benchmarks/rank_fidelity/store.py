"""Files of measured architectures."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from nas.files import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".json.gz"


def read(file: Path) -> dict[str, Any]:
    """What a file holds."""
    document: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    return document


def write(file: Path, document: dict[str, Any]) -> None:
    """Replace a file; the same bytes for the same content."""
    text = json.dumps(document, separators=(",", ":"))
    write_bytes(file, gzip.compress(text.encode(), mtime=0))

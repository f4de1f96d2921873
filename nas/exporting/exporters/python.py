"""Plain torch code with its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.exporting.card import plain_section
from nas.exporting.exporters.exporter import (
    EXPORTERS,
    OF_TORCH,
    Exporter,
    ExportOptions,
    Written,
)
from nas.exporting.files import Files, write_plain

if TYPE_CHECKING:
    from pathlib import Path

    from nas.exporting.exportable import Exportable


def write(network: Exportable, folder: Path, options: ExportOptions) -> Written:
    """Write ``model.py`` and ``model.safetensors``; ``preprocess`` stands beside the network."""
    files = Files(folder)
    write_plain(network, files)
    return Written(file=files.source)


EXPORTERS.register("python")(
    Exporter(
        write=write,
        reader=OF_TORCH
        + """
import sys

def load(folder):
    sys.path.insert(0, folder)
    from model import load

    return of_torch(load())
""",
        usage=plain_section,
    )
)

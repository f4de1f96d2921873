"""The files of an exported network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.exporting.source import python_source
from nas.files import write_tensors, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.exporting.exportable import Exportable


@dataclass(frozen=True)
class Files:
    """The files of an export."""

    directory: Path

    @property
    def source(self) -> Path:
        """Plain torch code; runs without this package."""
        return self.directory / "model.py"

    @property
    def weights(self) -> Path:
        """Parameters and running statistics."""
        return self.directory / "model.safetensors"

    @property
    def architecture(self) -> Path:
        """The graph, for this package."""
        return self.directory / "architecture.json"

    @property
    def card(self) -> Path:
        """Figures for people to read."""
        return self.directory / "card.md"

    def __iter__(self) -> Iterator[Path]:
        return iter((self.weights, self.architecture, self.card, self.source))


def write_plain(network: Exportable, files: Files) -> None:
    """Write a network as plain torch code with its weights, and its graph."""
    write_text(files.source, python_source(network.graph, network.about, network.names))
    write_tensors(files.weights, network.module.state_dict(), network.metadata())
    write_text(files.architecture, network.graph.to_json())

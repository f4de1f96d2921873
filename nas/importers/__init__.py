"""Torch modules as graphs."""

from nas.importers.from_module import from_module
from nas.importers.imported import Coverage, Imported

__all__ = ["Coverage", "Imported", "from_module"]

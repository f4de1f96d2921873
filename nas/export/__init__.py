"""Found networks as plain torch code and weights."""

from nas.export.save import Files, load_module, save
from nas.export.source import python_source

__all__ = ["Files", "load_module", "python_source", "save"]

"""Found networks as plain torch code and weights."""

from nas.export.final_training import FinalTraining, train_and_save
from nas.export.save import Files, load_module, save
from nas.export.source import python_source

__all__ = [
    "Files",
    "FinalTraining",
    "load_module",
    "python_source",
    "save",
    "train_and_save",
]

"""Found networks as plain torch code and weights."""

from nas.exporting.files import Files
from nas.exporting.final_training import FinalTraining, train_and_save
from nas.exporting.save import load_module, save
from nas.exporting.source import python_source

__all__ = [
    "Files",
    "FinalTraining",
    "load_module",
    "python_source",
    "save",
    "train_and_save",
]

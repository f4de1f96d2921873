"""Training and testing of single networks."""

from nas.train.device import resolve_device
from nas.train.evaluate import Evaluation, evaluate
from nas.train.train import Epoch, TrainConfig, Trained, initialised, train

__all__ = [
    "Epoch",
    "Evaluation",
    "TrainConfig",
    "Trained",
    "evaluate",
    "initialised",
    "resolve_device",
    "train",
]

"""Training and testing of single networks."""

from nas.train.device import resolve_device
from nas.train.evaluate import Evaluation, evaluate
from nas.train.predict import Predicted, predict
from nas.train.train import Epoch, TrainConfig, Trained, initialised, train

__all__ = [
    "Epoch",
    "Evaluation",
    "Predicted",
    "TrainConfig",
    "Trained",
    "evaluate",
    "initialised",
    "predict",
    "resolve_device",
    "train",
]

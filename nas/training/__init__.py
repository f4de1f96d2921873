"""Training and testing of single networks."""

from nas.modules.batch_statistics import measure_statistics
from nas.modules.calling import graph_call
from nas.modules.classifier import Classifier
from nas.training.chance import is_at_chance
from nas.training.config import TrainConfig, default_training
from nas.training.device import resolve_device
from nas.training.evaluate import ClassAccuracy, Evaluation, accuracy_by_class, evaluate
from nas.training.fine_tune import FineTuned, fine_tune
from nas.training.gain import Gain, measure_gain
from nas.training.predict import Predicted, predict
from nas.training.range_test import RangeTest, find_rate
from nas.training.train import Epoch, Trained, initialised, train
from nas.training.weights_file import save_weights

__all__ = [
    "ClassAccuracy",
    "Classifier",
    "Epoch",
    "Evaluation",
    "FineTuned",
    "Gain",
    "Predicted",
    "RangeTest",
    "TrainConfig",
    "Trained",
    "accuracy_by_class",
    "default_training",
    "evaluate",
    "find_rate",
    "fine_tune",
    "graph_call",
    "initialised",
    "is_at_chance",
    "measure_gain",
    "measure_statistics",
    "predict",
    "resolve_device",
    "save_weights",
    "train",
]

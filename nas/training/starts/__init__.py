"""Starts: ways to give a network its initial weights."""

from nas.training.starts.begin import begin, initial_weights
from nas.training.starts.card import LayerStart, StartCard
from nas.training.starts.default import DEFAULT
from nas.training.starts.fitted.fitted import FITTED
from nas.training.starts.given import Given, given_by, given_tensors
from nas.training.starts.lsuv import LSUV
from nas.training.starts.predicted import PREDICTED, PREDICTED_HEAD
from nas.training.starts.start import AUTO, STARTS, Start

__all__ = [
    "AUTO",
    "DEFAULT",
    "FITTED",
    "LSUV",
    "PREDICTED",
    "PREDICTED_HEAD",
    "STARTS",
    "Given",
    "LayerStart",
    "Start",
    "StartCard",
    "begin",
    "given_by",
    "given_tensors",
    "initial_weights",
]

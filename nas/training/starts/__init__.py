"""Starts: ways to give a network its initial weights."""

from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from nas.training.starts.start import STARTS, Start

__all__ = ["DEFAULT", "PREDICTED", "STARTS", "Start"]

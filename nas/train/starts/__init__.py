"""Starts: ways to give a network its initial weights."""

from nas.train.starts.default import DEFAULT
from nas.train.starts.predicted import PREDICTED
from nas.train.starts.start import STARTS, Start

__all__ = ["DEFAULT", "PREDICTED", "STARTS", "Start"]

"""Conformance tests for implementations of the contracts, to be inherited by pytest classes."""

from nas.testing.dataset import DatasetConformance
from nas.testing.op import OpCase, OpConformance
from nas.testing.search_space import SearchSpaceConformance
from nas.testing.weight_predictor import WeightPredictorConformance

__all__ = [
    "DatasetConformance",
    "OpCase",
    "OpConformance",
    "SearchSpaceConformance",
    "WeightPredictorConformance",
]

"""The contract of hypernetworks."""

from nas.predictor.card import Card
from nas.predictor.weight_predictor import WeightPredictor

__all__ = ["Card", "WeightPredictor"]

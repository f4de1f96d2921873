"""From candidates to scores."""

from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer

__all__ = ["Estimate", "Failure", "ScoreConfig", "Scorer"]

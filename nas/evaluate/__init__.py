"""From candidates to scores."""

from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer

__all__ = ["Estimate", "ScoreConfig", "Scorer"]

"""From candidates to scores."""

from nas.evaluate.naswot import naswot
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer

__all__ = ["Estimate", "Failure", "ScoreAggregate", "ScoreConfig", "Scorer", "naswot"]

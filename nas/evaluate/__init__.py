"""From candidates to scores."""

from nas.evaluate.blend import Blend
from nas.evaluate.naswot import naswot
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer

__all__ = ["Blend", "Estimate", "Failure", "ScoreConfig", "Scorer", "naswot"]

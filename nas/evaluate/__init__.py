"""From candidates to scores."""

from nas.evaluate.naswot import naswot
from nas.evaluate.ranking import Ranked, rank
from nas.evaluate.readout import readout
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.evaluate.scorer import Estimate, Failure, ScoreConfig, Scorer

__all__ = [
    "Estimate",
    "Failure",
    "Ranked",
    "ScoreAggregate",
    "ScoreConfig",
    "Scorer",
    "naswot",
    "rank",
    "readout",
]

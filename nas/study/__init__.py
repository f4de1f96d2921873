"""Searches: an Optuna study driven in generations, and the training of what it finds."""

from nas.study.goals.constraints import Constraint
from nas.study.goals.objectives import Objective
from nas.study.record.study_record import TrialCounts
from nas.study.result import Found, SearchResult
from nas.study.samplers import SAMPLERS, RegularisedEvolutionSampler, make_sampler
from nas.study.search import search
from nas.study.search_config import SearchConfig
from nas.study.selection.trust import Trust

__all__ = [
    "SAMPLERS",
    "Constraint",
    "Found",
    "Objective",
    "RegularisedEvolutionSampler",
    "SearchConfig",
    "SearchResult",
    "TrialCounts",
    "Trust",
    "make_sampler",
    "search",
]

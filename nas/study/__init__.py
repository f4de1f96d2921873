"""Searches: an Optuna study in generations, and the training of its best architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry import lazy_names

if TYPE_CHECKING:
    from nas.study.goals.constraints import Constraint
    from nas.study.goals.objectives import Objective
    from nas.study.record.study_record import TrialCounts
    from nas.study.result import Found, SearchResult
    from nas.study.samplers import (
        SAMPLERS,
        LocalSearchSampler,
        PredictorGuidedSampler,
        RegularisedEvolutionSampler,
        ReinforceSampler,
        make_sampler,
    )
    from nas.study.search_config import SearchConfig
    from nas.study.selection.trust import Trust

_HOMES = {
    "SAMPLERS": "nas.study.samplers",
    "Constraint": "nas.study.goals.constraints",
    "Found": "nas.study.result",
    "LocalSearchSampler": "nas.study.samplers",
    "Objective": "nas.study.goals.objectives",
    "PredictorGuidedSampler": "nas.study.samplers",
    "RegularisedEvolutionSampler": "nas.study.samplers",
    "ReinforceSampler": "nas.study.samplers",
    "SearchConfig": "nas.study.search_config",
    "SearchResult": "nas.study.result",
    "TrialCounts": "nas.study.record.study_record",
    "Trust": "nas.study.selection.trust",
    "make_sampler": "nas.study.samplers",
}

__all__ = [
    "SAMPLERS",
    "Constraint",
    "Found",
    "LocalSearchSampler",
    "Objective",
    "PredictorGuidedSampler",
    "RegularisedEvolutionSampler",
    "ReinforceSampler",
    "SearchConfig",
    "SearchResult",
    "TrialCounts",
    "Trust",
    "make_sampler",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)

"""Samplers by name, each an ordinary Optuna sampler that handles many asks before a tell."""

from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.local_search import LocalSearchSampler
from nas.study.samplers.predictor_guided import PredictorGuidedSampler
from nas.study.samplers.registry import SAMPLERS, make_sampler
from nas.study.samplers.reinforce import ReinforceSampler

__all__ = [
    "SAMPLERS",
    "LocalSearchSampler",
    "PredictorGuidedSampler",
    "RegularisedEvolutionSampler",
    "ReinforceSampler",
    "make_sampler",
]

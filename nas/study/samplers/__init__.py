"""Samplers by name, each an ordinary Optuna sampler that handles many asks before a tell."""

from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.registry import SAMPLERS, make_sampler

__all__ = ["SAMPLERS", "RegularisedEvolutionSampler", "make_sampler"]

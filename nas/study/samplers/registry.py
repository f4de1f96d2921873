"""Samplers by name."""

from __future__ import annotations

import copy
from collections.abc import Callable

from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler

from nas.errors import ConfigError, described
from nas.registry import Registry
from nas.study.record.optuna_internals import parents_of, share_search_space
from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.local_search import LocalSearchSampler
from nas.study.samplers.predictor_guided import PredictorGuidedSampler
from nas.study.samplers.recent import RecentTrialsSampler
from nas.study.samplers.reinforce import ReinforceSampler

SamplerFactory = Callable[[int], BaseSampler]

SAMPLERS: Registry[SamplerFactory] = Registry("sampler")
_LEGACY_SEEDS = 2**32


def name_of(sampler: str | BaseSampler) -> str:
    """The name of a sampler in the record of a search: the given name, or that of its class.

    Raises:
        ConfigError: The sampler is neither a name nor a sampler of Optuna.
        UnknownNameError: There is no sampler of this name.
    """
    if isinstance(sampler, str):
        SAMPLERS.get(sampler)
        return sampler
    if isinstance(sampler, BaseSampler):
        return type(sampler).__name__
    raise ConfigError(
        "expected a sampler as a name or an optuna.samplers.BaseSampler, got "
        f"{described(sampler)}",
        hint=f"Names are {', '.join(SAMPLERS.names())}.",
    )


def make_sampler(
    sampler: str | BaseSampler, seed: int, *, after: BaseSampler | None = None
) -> BaseSampler:
    """A sampler by name, its randomness fixed by ``seed``, or a copy of the user's own.

    The draws of the user's sampler follow from its own seed and state. The search works on a copy,
    so that the same call gives the same search. A search that continues after a stop begins with
    a fresh copy: its first draws may repeat recorded trials, which are not scored again.

    Args:
        sampler: A name in :data:`SAMPLERS`, or any sampler of Optuna.
        seed: Fixes all draws of a named sampler.
        after: The previous sampler that this function made for the same study. It does not change
            the draws of a named sampler. It passes on the choices that all trials share, for which
            a new sampler would read the whole study.

    Raises:
        UnknownNameError: There is no sampler of this name.
    """
    if isinstance(sampler, BaseSampler):
        return copy.deepcopy(sampler) if after is None else after
    made = SAMPLERS.get(sampler)(seed % _LEGACY_SEEDS)
    if isinstance(made, RecentTrialsSampler) and isinstance(after, RecentTrialsSampler):
        share_search_space(made.sampler, after.sampler)
    return made


@SAMPLERS.register("evolution")
def _evolution(seed: int) -> BaseSampler:
    return RegularisedEvolutionSampler(seed=seed)


@SAMPLERS.register("local-search")
def _local_search(seed: int) -> BaseSampler:
    return LocalSearchSampler(seed=seed)


@SAMPLERS.register("nsga2")
def _nsga2(seed: int) -> BaseSampler:
    return RecentTrialsSampler(NSGAIISampler(seed=seed), kept=parents_of)


@SAMPLERS.register("predictor-guided")
def _predictor_guided(seed: int) -> BaseSampler:
    return PredictorGuidedSampler(seed=seed)


@SAMPLERS.register("random")
def _random(seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


@SAMPLERS.register("reinforce")
def _reinforce(seed: int) -> BaseSampler:
    return ReinforceSampler(seed=seed)


@SAMPLERS.register("tpe")
def _tpe(seed: int) -> BaseSampler:
    # The joint model is ten times faster with several objectives. Running trials count as bad
    # ones, so that a batch asked before any result spreads out.
    return RecentTrialsSampler(TPESampler(seed=seed, multivariate=True, constant_liar=True))

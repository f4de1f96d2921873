"""The samplers a string can choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

from nas.registry import Registry
from nas.study.record.optuna_internals import share_search_space
from nas.study.samplers.evolution import RegularisedEvolutionSampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

SamplerFactory = Callable[[int], "BaseSampler"]

SAMPLERS: Registry[SamplerFactory] = Registry("sampler")
_LEGACY_SEEDS = 2**32


def make_sampler(name: str, seed: int, *, after: BaseSampler | None = None) -> BaseSampler:
    """The sampler of that name, its randomness fixed by ``seed``.

    Args:
        name: In :data:`SAMPLERS`.
        seed: Fixes all draws.
        after: The sampler of that name that worked on the same study before. The draws are the
            same with it as without; but Optuna's samplers remember which choices all trials
            share, and would read the whole study to find it out again.

    Raises:
        UnknownNameError: There is none of that name.
    """
    sampler = SAMPLERS.get(name)(seed % _LEGACY_SEEDS)
    share_search_space(sampler, after)
    return sampler


@SAMPLERS.register("evolution")
def _evolution(seed: int) -> BaseSampler:
    return RegularisedEvolutionSampler(seed=seed)


@SAMPLERS.register("nsga2")
def _nsga2(seed: int) -> BaseSampler:
    return NSGAIISampler(seed=seed)


@SAMPLERS.register("random")
def _random(seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


@SAMPLERS.register("tpe")
def _tpe(seed: int) -> BaseSampler:
    # The joint model is an order of magnitude faster with several objectives, and running trials
    # count as bad ones, so that a batch asked before any result spreads out.
    return TPESampler(seed=seed, multivariate=True, constant_liar=True)

"""Check that a space builds the same graph from the same choices, before a search."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nas.errors import ConfigError, EncodingError
from nas.seeding import rng
from nas.space.candidate import sample
from nas.space.time_limit import TimeIsOver, time_limit

if TYPE_CHECKING:
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_DRAWN = 3
_REPEATS = 2
_SECONDS = 10.0
"""Seconds that the check may take."""


def check_reproducible(space: SearchSpace, seed: int) -> None:
    """Build a few random architectures, and rebuild each from its parameters.

    The check skips architectures that cannot be built, since a search records them. In a slow
    space it ends early.

    Raises:
        ConfigError: A graph is no network for the task, or differs when it is rebuilt.
    """
    with suppress(TimeIsOver), time_limit(_SECONDS):
        _check_reproducible(space, seed)


def _check_reproducible(space: SearchSpace, seed: int) -> None:
    draws = rng(seed, "rehearsal")
    for _ in range(_DRAWN):
        try:
            drawn = sample(space, draws)
        except ConfigError:
            raise
        except Exception:  # a space may be user code
            continue
        if not all(_is_rebuilt(drawn) for _ in range(_REPEATS)):
            raise ConfigError(
                f"build() of space {space.name!r} gave two graphs for the same choices; "
                "draw everything from trial",
                hint="Replace each call of `random` with one of trial.suggest_categorical, "
                "suggest_int or suggest_float.",
            )


def _is_rebuilt(drawn: Candidate) -> bool:
    try:
        return drawn.space.rebuild(drawn.params)[1].hash() == drawn.graph.hash()
    except EncodingError:  # the space asked for other choices
        return False

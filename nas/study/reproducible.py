"""A look at what a space builds, before a search trusts it."""

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
"""How long that may take."""


def check_reproducible(space: SearchSpace, seed: int) -> None:
    """Build a few random architectures, and each again from its parameters.

    Architectures that cannot be built are passed over: a search records them. So is what a slow
    space does not build in time.

    Raises:
        ConfigError: What is built is no network for the task, or not the same each time.
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
        except Exception:  # a space may be anybody's code
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
        return drawn.space.graph(drawn.params).hash() == drawn.graph.hash()
    except EncodingError:  # other choices were asked for
        return False

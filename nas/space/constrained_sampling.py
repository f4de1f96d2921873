"""Random architectures of a certain cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import InfeasibleError, SlowBuildError, counted
from nas.space.candidate import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_TRIES = 1000
"""Draws for each architecture that is wanted."""

_FEW_TRIES = 10
"""The same where others will do."""

_FAILURES_ALLOWED = 20
_FAILURE_SHARE = 0.5


def sample_feasible(
    space: SearchSpace, count: int, rng: np.random.Generator, is_feasible: Callable[[Graph], bool]
) -> list[Candidate]:
    """Distinct random architectures that cost what is asked, all others thrown away.

    Populations of two spaces compare only where their networks cost the same.

    Args:
        space: Where they are drawn.
        count: How many are wanted.
        rng: Draws them.
        is_feasible: Whether a network is to be in the population.

    Raises:
        InfeasibleError: Hardly any fits, or the space has not so many.
    """
    found: dict[str, Candidate] = {}
    for _ in range(_TRIES * count):
        if len(found) == count:
            return list(found.values())
        drawn = sample(space, rng)
        if is_feasible(drawn.network):
            found.setdefault(drawn.hash, drawn)
    raise InfeasibleError(
        f"of {counted(_TRIES * count, 'random architecture')} of space {space.name!r} only "
        f"{len(found)} different ones have the cost asked for, {count} were wanted",
        hint="Ask for fewer, or loosen the constraints.",
    )


def sample_preferring(
    space: SearchSpace, count: int, rng: np.random.Generator, is_feasible: Callable[[Graph], bool]
) -> list[Candidate]:
    """Random architectures that cost what is asked or, where these are rare, others as well.

    Draws that cannot be built are skipped; where most cannot there are fewer than wanted, and
    where building does not end, those before it.

    Args:
        space: Where they are drawn; the same one may come twice.
        count: How many are wanted.
        rng: Draws them.
        is_feasible: Whether a network is asked for.
    """
    found: list[Candidate] = []
    others: list[Candidate] = []
    failed = 0
    for _ in range(_FEW_TRIES * count):
        if len(found) == count or is_hopeless(failed, failed + len(found) + len(others)):
            break
        failed += 1
        try:
            drawn = sample(space, rng)
            (found if is_feasible(drawn.network) else others).append(drawn)
            failed -= 1
        except SlowBuildError:
            if found or others:
                break
        except Exception:  # a space may be anybody's code
            continue
    return [*found, *others][:count]


def is_hopeless(failed: int, tried: int) -> bool:
    """Whether most architectures of a space fail, so that further draws are pointless."""
    return failed >= _FAILURES_ALLOWED and failed > _FAILURE_SHARE * tried

"""Random architectures that are distinct or satisfy constraints."""

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
"""Draws for each architecture asked for."""

_FEW_TRIES = 10
"""The same where infeasible architectures are accepted, too."""

_DISTINCT_TRIES = 5
"""The same where fewer are accepted, as some are isomorphic or cannot be built."""

_FAILURES_ALLOWED = 20
_FAILURE_SHARE = 0.5


def sample_feasible(
    space: SearchSpace, count: int, rng: np.random.Generator, is_feasible: Callable[[Graph], bool]
) -> list[Candidate]:
    """Distinct random architectures that are feasible.

    Populations of two spaces are comparable only if their networks cost the same.

    Args:
        space: The space to draw from.
        count: Number of architectures.
        rng: Draws the architectures.
        is_feasible: Whether a network is feasible.

    Raises:
        InfeasibleError: Too few feasible architectures were found.
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
        f"{len(found)} different ones are feasible, {count} were asked for",
        hint="Ask for fewer, or loosen the constraints.",
    )


def sample_distinct(space: SearchSpace, count: int, rng: np.random.Generator) -> list[Candidate]:
    """Random architectures of which no two are isomorphic, perhaps fewer than asked for.

    Draws that cannot be built are skipped.

    Args:
        space: The space to draw from.
        count: Number of architectures.
        rng: Draws the architectures.

    Raises:
        Exception: Most draws cannot be built, or building the first one takes too long; this is
            the error of the last one.
    """
    found: dict[str, Candidate] = {}
    failed, tries = 0, _DISTINCT_TRIES * count
    for tried in range(1, tries + 1):
        if len(found) == count:
            break
        try:
            drawn = sample(space, rng)
            found.setdefault(drawn.graph.hash(), drawn)
        except SlowBuildError:
            if found:
                break
            raise
        except Exception:  # a space may be arbitrary code
            failed += 1
            if is_hopeless(failed, tried) or failed == tries:
                raise
    return list(found.values())


def sample_preferring(
    space: SearchSpace, count: int, rng: np.random.Generator, is_feasible: Callable[[Graph], bool]
) -> list[Candidate]:
    """Random feasible architectures, with infeasible ones added if too few are found.

    Draws that cannot be built are skipped. Fewer than ``count`` are returned if most draws fail,
    or if building one takes too long.

    Args:
        space: The space to draw from; architectures may repeat.
        count: Number of architectures.
        rng: Draws the architectures.
        is_feasible: Whether a network is feasible.
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
        except Exception:  # a space may be arbitrary code
            continue
    return [*found, *others][:count]


def is_hopeless(failed: int, tried: int) -> bool:
    """Whether most architectures of a space fail, so that further draws are pointless."""
    return failed >= _FAILURES_ALLOWED and failed > _FAILURE_SHARE * tried

"""What random search finds: trained fully until the time is used up, or by successive halving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.analysis.cost import cost
from nas.seeding import rng
from nas.space.constrained_sampling import sample_feasible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.regnet.trainings import Training, Trainings
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.rungs import Rung

_MOST = 64


def drawn(space: SearchSpace, limit: float, seed: int, count: int) -> list[Candidate]:
    """The first networks of a seed under the limit; more of them begin with the same."""
    return sample_feasible(
        space, count, rng(seed, "random"), lambda network: cost(network).macs <= limit
    )


def trained_within(
    space: SearchSpace, limit: float, seed: int, seconds: float, train: Trainings
) -> list[Training]:
    """Random networks, trained until that much time of the processor is used up."""
    done: list[Training] = []
    for candidate in drawn(space, limit, seed, _MOST):
        if sum(training.seconds for training in done) >= seconds:
            break
        done.append(train(candidate))
    return done


def climbed(
    space: SearchSpace,
    limit: float,
    seed: int,
    rungs: Sequence[Rung],
    train: Mapping[int, Trainings],
) -> list[Training]:
    """Random networks trained as the engine trains its finalists, rung by rung; the best last.

    Args:
        space: Where they are drawn.
        limit: Most multiply-accumulates.
        seed: Of the draw, which begins like that of the other random networks.
        rungs: How many are trained for how long.
        train: By the number of epochs.
    """
    done: list[Training] = []
    standing = drawn(space, limit, seed, rungs[0].size)
    for rung in rungs:
        reached = [train[rung.epochs](candidate) for candidate in standing[: rung.size]]
        order = sorted(range(len(reached)), key=lambda index: -reached[index].val)
        standing = [standing[index] for index in order]
        done += [reached[index] for index in reversed(order)]
    return done

"""What random search finds: networks drawn until the trainings or the time are used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.seeding import rng
from nas.space.window import sample_within

if TYPE_CHECKING:
    from benchmarks.regnet.trainings import Training, Trainings
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_MOST = 64


def drawn(space: SearchSpace, limit: float, seed: int, count: int) -> list[Candidate]:
    """The first networks of a seed under the limit; more of them begin with the same."""
    return sample_within(space, count, rng(seed, "random"), lambda cost: cost.macs <= limit)


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

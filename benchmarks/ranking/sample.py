"""Architectures to be ranked, and what they reached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from nas.seeding import rng
from nas.space.candidate import Candidate, candidate, sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.space.search_space import SearchSpace

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Sample:
    """Architectures of a space and their true accuracies, broken ones included.

    Isomorphic networks have one score: only :attr:`distinct` ones are scored, and :meth:`shared`
    hands what is found to all.

    Attributes:
        candidates: All architectures.
        truth: Test accuracy of each, 0 to 1.
    """

    candidates: tuple[Candidate, ...]
    truth: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def space(self) -> SearchSpace:
        """Where the architectures are from, at full size."""
        return self.candidates[0].space

    @cached_property
    def distinct(self) -> tuple[Candidate, ...]:
        """The first of each set of isomorphic networks."""
        found: dict[str, Candidate] = {}
        for one in self.candidates:
            found.setdefault(one.hash, one)
        return tuple(found.values())

    def shared(self, values: Sequence[T]) -> list[T]:
        """A value for every architecture from one for each distinct network."""
        found = {one.hash: value for one, value in zip(self.distinct, values, strict=True)}
        return [found[one.hash] for one in self.candidates]

    def first(self, count: int) -> Sample:
        """A smaller sample."""
        return Sample(self.candidates[:count], self.truth[:count])

    @cached_property
    def digest(self) -> str:
        """Hex digits that tell samples apart."""
        text = "\n".join(one.architecture for one in self.candidates)
        return blake2b(text.encode(), digest_size=8).hexdigest()


def draw(space: SearchSpace, table: Mapping[str, float], count: int, seed: int) -> Sample:
    """Architectures drawn uniformly without replacement from those of a table."""
    if count > len(table):
        raise SystemExit(f"the table holds {len(table)} architectures, fewer than {count}")
    stream = rng(seed, "ranking")
    found: dict[str, Candidate] = {}
    while len(found) < count:
        one = sample(space, stream)
        if one.architecture in table:
            found.setdefault(one.architecture, one)
    return Sample(tuple(found.values()), tuple(table[text] for text in found))


def everything(space: SearchSpace, table: Mapping[str, float]) -> Sample:
    """All architectures of a table, in its order."""
    return Sample(tuple(candidate(space, text) for text in table), tuple(table.values()))

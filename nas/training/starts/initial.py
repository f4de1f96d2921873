"""Initial weights that are made when a training begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class InitialWeights:
    """Initial weights that are made when a training begins; one that resumes needs none.

    Attributes:
        identity: Identifies them, together with the seed and the data: the name of a start that
            reads samples, whose last bits depend on the number of threads, or a digest.
        make: Makes them from a seed: by name, or None for those that the module is made with.
    """

    identity: str
    make: Callable[[int], Mapping[str, Tensor] | None]

    def made(self, seed: int) -> InitialWeights:
        """The same weights, made now."""
        values = self.make(seed)
        return InitialWeights(self.identity, lambda _: values)

"""Independent, reproducible random streams, each named by its keys."""

from __future__ import annotations

import random
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch


def derive(seed: int, *keys: str | int) -> int:
    """A 63-bit seed for one stream; streams of different keys are unrelated."""
    text = "\x1f".join(map(str, (seed, *keys)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def rng(seed: int, *keys: str | int) -> np.random.Generator:
    """A numpy generator for one stream.

    Example:
        >>> rng(0, "a").integers(1000) == rng(0, "a").integers(1000)
        np.True_
    """
    return np.random.default_rng(derive(seed, *keys))


def generator(seed: int, *keys: str | int) -> torch.Generator:
    """A torch generator on the CPU for one stream."""
    import torch

    return torch.Generator().manual_seed(derive(seed, *keys))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """While active, the global streams of Python, numpy and torch start from a seed."""
    import torch

    numbers, arrays = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(numbers)
            np.random.set_state(arrays)

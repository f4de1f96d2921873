"""Training and evaluation mode of modules."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def evaluating(module: nn.Module, *, containers: bool = True) -> Iterator[None]:
    """Set evaluation mode, and restore the mode of every submodule afterwards.

    Args:
        module: Any module.
        containers: Whether modules with submodules are set, too; otherwise they are in training
            mode, in which some models have further outputs.
    """
    before = [(part, part.training) for part in module.modules()]
    for part, _ in before:
        part.training = not containers and any(True for _ in part.children())
    try:
        yield
    finally:
        for part, training in before:
            part.training = training

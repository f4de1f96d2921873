"""The teacher of a training as users name it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def read_teacher(text: str) -> nn.Module | Path:
    """The module that a factory makes, or the folder of a finished search or training.

    Raises:
        ConfigError: The factory belongs to the standard library.
        UnknownNameError: There is no such factory.
        ImportingError: The user's code fails, or returns no module.
    """
    from cli.user_code.module_factory import is_factory, make_module

    return make_module(text) if is_factory(text) else Path(text)

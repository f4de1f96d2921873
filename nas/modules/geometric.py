"""Recognise layers of torch-geometric without importing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def is_message_passing(module: nn.Module) -> bool:
    """Whether a module is a layer of torch-geometric."""
    place = "torch_geometric.nn.conv.message_passing"
    return any(base.__module__ == place for base in type(module).__mro__)

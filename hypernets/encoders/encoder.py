"""The contract of encoders, and all of them by name."""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from nas.registry import Registry


class Encoder(nn.Module):
    """Computes states of the nodes of a batch of graphs.

    The constructor takes sizes of :class:`hypernets.HypernetConfig` by their names.

    Shape:
        (N, hidden), batch -> (N, hidden).
    """

    sequential: ClassVar[bool] = False
    """Whether the states depend on the order of the nodes."""


ENCODERS: Registry[type[Encoder]] = Registry("encoder")

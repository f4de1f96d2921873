"""The contract of decoders, and all of them by name."""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from nas.registry import Registry


class Decoder(nn.Module):
    """Maps states of nodes to raw parameters of one role and shape.

    The constructor takes sizes of :class:`hypernets.HypernetConfig` by their names.

    Shape:
        (P, hidden), role, shape -> (P, *shape).
    """

    repeats: ClassVar[bool] = False
    """Whether values repeat beyond ``max_channels``; repeated values are decoded once."""


DECODERS: Registry[type[Decoder]] = Registry("decoder")

"""One pass of gated messages over the levels of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from hypernets.encoders.cpu_sweep import CpuSweep, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from hypernets.encoders.cpu_sweep import Span


@dataclass(frozen=True)
class GatedSweep:
    """Updates all levels in order, the nodes of a level at once.

    A level aggregates ``mix @ sent``, where each node sends the outputs of K networks; a GRU cell
    updates its states with the result, and the networks compute the next messages from the states.

    Attributes:
        gru: The cell, D to D.
        weight_in: First layers of the K networks side by side, (D, I).
        bias_in: (I,).
        weight_out: Second layers, block-diagonal, (I, K*D).
        bias_out: (K*D,).
    """

    gru: nn.GRUCell
    weight_in: Tensor
    bias_in: Tensor
    weight_out: Tensor
    bias_out: Tensor

    def __call__(self, h: Tensor, mix: Tensor, spans: Sequence[Span]) -> Tensor:
        """States after the sweep.

        Args:
            h: States, (G, S, D).
            mix: Weights with which each slot aggregates messages, (G, S, S*K).
            spans: The levels in order.
        """
        gru = (self.gru.weight_ih, self.gru.weight_hh, self.gru.bias_ih, self.gru.bias_hh)
        plain = h.device.type == "cpu" and h.dtype is torch.float32
        if plain and not torch.is_autocast_enabled("cpu"):
            sending = (self.weight_in, self.bias_in, self.weight_out, self.bias_out)
            swept: Tensor = CpuSweep.apply(h, mix, spans, *gru, *sending)  # type: ignore[no-untyped-call]
            return swept
        return self._by_autograd(h, mix, spans, gru)

    def _by_autograd(
        self, h: Tensor, mix: Tensor, spans: Sequence[Span], gru: tuple[Tensor, ...]
    ) -> Tensor:
        graphs, _, hidden = h.shape
        kinds = mix.shape[2] // mix.shape[1]
        sent = h.new_zeros(graphs, mix.shape[2], hidden)
        updated: list[Tensor] = []
        for level, sources in spans:
            columns = rows_of(sources, kinds)
            message = torch.bmm(mix[:, level, columns], sent[:, columns])  # (G, W, D)
            before = h[:, level]
            state = torch.gru_cell(message.view(-1, hidden), before.reshape(-1, hidden), *gru)
            updated.append(state.view_as(before))
            inner = torch.addmm(self.bias_in, state, self.weight_in).relu()
            messages = torch.addmm(self.bias_out, inner, self.weight_out).relu()  # (G*W, K*D)
            rows = rows_of(level, kinds)
            messages = messages.view(graphs, -1, hidden)  # (G, W*K, D)
            sent = sent.slice_scatter(messages, 1, rows.start, rows.stop)
        ascending = spans[0][0].start == 0
        return torch.cat(updated if ascending else updated[::-1], 1)

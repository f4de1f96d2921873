"""One pass of gated messages over the levels of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

Span = tuple[slice, slice]
"""Slots of a level, and of all levels updated before it."""


@dataclass(frozen=True)
class GatedSweep:
    """Updates of all levels in order, each level's nodes at once.

    A level's messages are ``mix @ sent``, where each node sends the outputs of K networks; a GRU
    cell takes them into its states, of which the next outputs are made.

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
            mix: What each slot takes of the messages of each, (G, S, S*K).
            spans: The levels in order.
        """
        plain = not torch.is_grad_enabled() and h.device.type == "cpu"
        if plain and h.dtype is torch.float32 and not torch.is_autocast_enabled("cpu"):
            return self._without_gradients(h, mix, spans)
        return self._with_gradients(h, mix, spans)

    def _with_gradients(self, h: Tensor, mix: Tensor, spans: Sequence[Span]) -> Tensor:
        graphs, _, hidden = h.shape
        gru = (self.gru.weight_ih, self.gru.weight_hh, self.gru.bias_ih, self.gru.bias_hh)
        kinds = mix.shape[2] // mix.shape[1]
        sent = h.new_zeros(graphs, mix.shape[2], hidden)
        updated: list[Tensor] = []
        for level, heard in spans:
            told = _rows(heard, kinds)
            message = torch.bmm(mix[:, level, told], sent[:, told])  # (G, W, D)
            before = h[:, level]
            state = torch.gru_cell(message.view(-1, hidden), before.reshape(-1, hidden), *gru)
            updated.append(state.view_as(before))
            inner = torch.addmm(self.bias_in, state, self.weight_in).relu()
            said = torch.addmm(self.bias_out, inner, self.weight_out).relu()  # (G*W, K*D)
            rows = _rows(level, kinds)
            said = said.view(graphs, -1, hidden)  # (G, W*K, D)
            sent = sent.slice_scatter(said, 1, rows.start, rows.stop)
        ascending = spans[0][0].start == 0
        return torch.cat(updated if ascending else updated[::-1], 1)

    def _without_gradients(self, h: Tensor, mix: Tensor, spans: Sequence[Span]) -> Tensor:
        """The same in numpy and in place: steps are so small that the cost of a call matters."""
        hidden, kinds = h.shape[-1], mix.shape[2] // mix.shape[1]
        gates = h @ self.gru.weight_hh.mT + self.gru.bias_hh  # (G, S, 3D), of the states before
        gate_new = gates[..., 2 * hidden :].contiguous().numpy()
        gates[..., 2 * hidden :] = 0
        base = (gates + self.gru.bias_ih).numpy()
        weight = self.gru.weight_ih.detach().mT.contiguous().numpy()
        first, bias_in, second, bias_out = (
            tensor.detach().contiguous().numpy()
            for tensor in (self.weight_in, self.bias_in, self.weight_out, self.bias_out)
        )
        states, mixed = h.numpy().copy(), mix.numpy()
        sent = np.zeros((len(states), mixed.shape[2], hidden), np.float32)
        for level, heard in spans:
            told = _rows(heard, kinds)
            incoming = (mixed[:, level, told] @ sent[:, told]) @ weight + base[:, level]
            both = _sigmoid(incoming[..., : 2 * hidden])
            reset, update = both[..., :hidden], both[..., hidden:]
            new = np.tanh(incoming[..., 2 * hidden :] + reset * gate_new[:, level])
            state = new + update * (states[:, level] - new)  # (G, W, D)
            states[:, level] = state
            inner = np.maximum(state @ first + bias_in, 0)
            said = (inner @ second + bias_out).reshape(len(states), -1, hidden)
            np.maximum(said, 0, out=sent[:, _rows(level, kinds)])
        return torch.from_numpy(states)


def _rows(slots: slice, kinds: int) -> slice:
    return slice(slots.start * kinds, slots.stop * kinds)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    half = np.float32(0.5)
    found: np.ndarray = half * np.tanh(half * x) + half
    return found

"""The gated sweep on a CPU, its gradients written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[slice, slice]
"""Slots of a level, and of all levels updated before it."""

Array = np.ndarray[Any, np.dtype[np.float32]]


def rows_of(slots: slice, kinds: int) -> slice:
    """Where the messages of some slots are, K of each."""
    return slice(slots.start * kinds, slots.stop * kinds)


class CpuSweep(torch.autograd.Function):
    """A sweep over levels in numpy and in place: steps are so small that a call's cost matters.

    Backpropagation by hand keeps one buffer of gradients where autograd would make one for each
    level, and computes those of the weights from all levels at once.

    Shape:
        States (G, S, D), mix (G, S, S*K), weights as of :class:`hypernets.gated_sweep.GatedSweep`,
        those of the GRU cell (3D, D) and (3D,) -> (G, S, D).
    """

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, mix: Tensor, spans: Sequence[Span], *weights: Tensor
    ) -> Tensor:
        run = _Run(h, mix, spans, weights)
        for level, heard in spans:
            run.update(level, heard)
        ctx.run = run
        return torch.from_numpy(run.after)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        states, *weights = ctx.run.gradients(grads[0].contiguous().numpy())
        return (torch.from_numpy(states), None, None, *map(torch.from_numpy, weights))


class _Run:
    """What a sweep computes, by slot."""

    def __init__(
        self, h: Tensor, mix: Tensor, spans: Sequence[Span], weights: Sequence[Tensor]
    ) -> None:
        self._spans = spans
        self._before, self._mix, *plain = (
            tensor.detach().contiguous().numpy() for tensor in (h, mix, *weights)
        )
        self._w_ih, self._w_hh, b_ih, b_hh, self._w_in, self._b_in, self._w_out, self._b_out = (
            plain
        )
        graphs, slots, hidden = self._before.shape
        self._hidden, self._kinds = hidden, self._mix.shape[2] // slots
        self._old = self._before @ self._w_hh.T + b_hh  # (G, S, 3D), gates of the states before
        self._b_ih = b_ih
        self._message = np.zeros_like(self._before)
        self._gates = np.zeros_like(self._old)  # reset, update, new
        self._inner = np.zeros((graphs, slots, self._w_in.shape[1]), np.float32)
        self._sent = np.zeros((graphs, slots * self._kinds, hidden), np.float32)
        self.after = np.zeros_like(self._before)

    def update(self, level: slice, heard: slice) -> None:
        """New states of a level, and the messages they send."""
        hidden, told = self._hidden, rows_of(heard, self._kinds)
        message = self._mix[:, level, told] @ self._sent[:, told]  # (G, W, D)
        new_gates = message @ self._w_ih.T + self._b_ih
        old_gates = self._old[:, level]
        both = new_gates[..., : 2 * hidden] + old_gates[..., : 2 * hidden]
        both = 0.5 * np.tanh(0.5 * both) + 0.5  # sigmoid
        reset, keep = both[..., :hidden], both[..., hidden:]
        new = np.tanh(new_gates[..., 2 * hidden :] + reset * old_gates[..., 2 * hidden :])
        state = new + keep * (self._before[:, level] - new)
        inner = np.maximum(state @ self._w_in + self._b_in, 0)
        said = inner @ self._w_out + self._b_out  # (G, W, K*D)
        rows = self._sent[:, rows_of(level, self._kinds)]
        np.maximum(said.reshape(rows.shape), 0, out=rows)
        self._message[:, level], self._inner[:, level], self.after[:, level] = (
            message,
            inner,
            state,
        )
        self._gates[:, level, : 2 * hidden], self._gates[:, level, 2 * hidden :] = both, new

    def gradients(self, outer: Array) -> list[Array]:
        """Of the states before and of all weights in order, from those of the states after."""
        hidden = self._hidden
        self._d_sent = np.zeros_like(self._sent)
        self._d_inner = np.zeros_like(self._inner)
        self._d_new = np.zeros_like(self._gates)  # of the gates as computed from messages
        self._d_old = np.zeros_like(self._gates)  # of the gates as computed from states before
        d_before = np.empty_like(self._before)
        for level, heard in reversed(self._spans):
            d_before[:, level] = self._step_back(outer[:, level], level, heard)
        d_said = self._d_sent * (self._sent > 0)
        d_said = d_said.reshape(-1, self._kinds * hidden)
        d_inner, inner = _flat(self._d_inner), _flat(self._inner)
        d_new, d_old = _flat(self._d_new), _flat(self._d_old)
        d_before += self._d_old @ self._w_hh
        return [
            d_before,
            d_new.T @ _flat(self._message),
            d_old.T @ _flat(self._before),
            d_new.sum(0),
            d_old.sum(0),
            _flat(self.after).T @ d_inner,
            d_inner.sum(0),
            inner.T @ d_said,
            d_said.sum(0),
        ]

    def _step_back(self, outer: Array, level: slice, heard: slice) -> Array:
        """Gradients of one level; returns the share that goes to the states before as they are."""
        hidden = self._hidden
        rows = rows_of(level, self._kinds)
        said = self._d_sent[:, rows] * (self._sent[:, rows] > 0)
        d_inner = said.reshape(*outer.shape[:2], -1) @ self._w_out.T
        d_inner *= self._inner[:, level] > 0
        d_state = outer + d_inner @ self._w_in.T
        reset, keep, new = np.split(self._gates[:, level], 3, axis=-1)
        d_new = d_state * (1 - keep) * (1 - new * new)
        d_keep = d_state * (self._before[:, level] - new) * keep * (1 - keep)
        d_reset = d_new * self._old[:, level, 2 * hidden :] * reset * (1 - reset)
        self._d_inner[:, level] = d_inner
        self._d_new[:, level] = np.concatenate([d_reset, d_keep, d_new], -1)
        self._d_old[:, level] = np.concatenate([d_reset, d_keep, d_new * reset], -1)
        told = rows_of(heard, self._kinds)
        d_message = self._d_new[:, level] @ self._w_ih
        self._d_sent[:, told] += self._mix[:, level, told].transpose(0, 2, 1) @ d_message
        passed: Array = d_state * keep
        return passed


def _flat(x: Array) -> Array:
    flat: Array = x.reshape(-1, x.shape[-1])
    return flat

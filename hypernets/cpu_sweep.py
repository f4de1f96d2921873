"""The gated sweep on a CPU, its gradients written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hypernets.blas_threads import one_blas_thread

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
    level, and computes from all levels at once whatever does not depend on their order.

    Shape:
        States (G, S, D), mix (G, S, S*K), weights as of :class:`hypernets.gated_sweep.GatedSweep`,
        those of the GRU cell (3D, D) and (3D,) -> (G, S, D).
    """

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, mix: Tensor, spans: Sequence[Span], *weights: Tensor
    ) -> Tensor:
        with one_blas_thread():
            run = _Run(h, mix, weights)
            for level, heard in spans:
                run.update(level, heard)
        ctx.run, ctx.spans = run, spans
        return torch.from_numpy(run.after)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        with one_blas_thread():
            states, *weights = ctx.run.gradients(grads[0].contiguous().numpy(), ctx.spans)
        return (torch.from_numpy(states), None, None, *map(torch.from_numpy, weights))


class _Run:
    """What a sweep computes, by slot."""

    def __init__(self, h: Tensor, mix: Tensor, weights: Sequence[Tensor]) -> None:
        self._before, self._mix, *plain = (
            tensor.detach().contiguous().numpy() for tensor in (h, mix, *weights)
        )
        self._w_ih, self._w_hh, b_ih, b_hh, self._w_in, self._b_in, self._w_out, self._b_out = (
            plain
        )
        graphs, slots, hidden = self._before.shape
        self._hidden, self._kinds = hidden, self._mix.shape[2] // slots
        halves = np.repeat(
            np.array([0.5, 1], np.float32), [2 * hidden, hidden]
        )  # for sigmoids by tanh
        self._heard = self._w_ih.T * halves  # (D, 3D)
        self._old = self._before @ self._w_hh.T + b_hh  # (G, S, 3D), gates of the states before
        self._base = b_ih * halves + np.zeros_like(self._old)
        self._base[..., : 2 * hidden] += 0.5 * self._old[..., : 2 * hidden]
        self._message = np.empty_like(self._before)
        self._gates = np.empty_like(self._old)  # reset, keep, new
        self._inner = np.empty((graphs, slots, len(self._b_in)), np.float32)
        self._sent = np.empty((graphs, slots * self._kinds, hidden), np.float32)
        self.after = np.empty_like(self._before)

    def update(self, level: slice, heard: slice) -> None:
        """New states of a level, and the messages they send."""
        hidden, told = self._hidden, rows_of(heard, self._kinds)
        message, state = self._message[:, level], self.after[:, level]  # (G, W, D)
        gates, inner = self._gates[:, level], self._inner[:, level]  # (G, W, 3D), (G, W, I)
        both, new = gates[..., : 2 * hidden], gates[..., 2 * hidden :]
        np.matmul(self._mix[:, level, told], self._sent[:, told], out=message)
        np.matmul(message, self._heard, out=gates)
        gates += self._base[:, level]
        np.tanh(both, out=both)
        both *= 0.5
        both += 0.5  # sigmoid
        new += both[..., :hidden] * self._old[:, level, 2 * hidden :]
        np.tanh(new, out=new)
        np.subtract(self._before[:, level], new, out=state)
        state *= both[..., hidden:]
        state += new
        np.matmul(state, self._w_in, out=inner)
        inner += self._b_in
        np.maximum(inner, 0, out=inner)
        said = inner @ self._w_out  # (G, W, K*D)
        said += self._b_out
        rows = self._sent[:, rows_of(level, self._kinds)]
        np.maximum(said.reshape(rows.shape), 0, out=rows)

    def gradients(self, outer: Array, spans: Sequence[Span]) -> list[Array]:
        """Of the states before and of all weights in order, from those of the states after."""
        hidden = self._hidden
        reset, keep, new = np.split(self._gates, 3, axis=-1)
        self._slopes = np.empty_like(self._gates)  # of the states after, by the gates
        self._slopes[..., 2 * hidden :] = (1 - keep) * (1 - new * new)
        self._slopes[..., hidden : 2 * hidden] = (self._before - new) * keep * (1 - keep)
        by_reset = self._old[..., 2 * hidden :] * reset * (1 - reset)
        self._slopes[..., :hidden] = self._slopes[..., 2 * hidden :] * by_reset
        self._sent_on, self._inner_on = np.sign(self._sent), np.sign(self._inner)
        self._d_sent = np.empty_like(self._sent)
        self._d_message = np.empty_like(self._message)
        self._d_inner = np.empty_like(self._inner)
        self._d_new = np.empty_like(self._gates)  # of the gates as computed from messages
        d_state = outer.copy()
        for level, heard in reversed(spans):
            self._step_back(d_state[:, level], level, _hearing(level, heard, d_state.shape[1]))
        d_old = self._d_new.copy()  # of the gates as computed from states before
        d_old[..., 2 * hidden :] *= reset
        d_before = d_state * keep + d_old @ self._w_hh
        d_said = _flat(self._d_sent, self._kinds * hidden)
        d_inner, d_new, d_old = _flat(self._d_inner), _flat(self._d_new), _flat(d_old)
        return [
            d_before,
            d_new.T @ _flat(self._message),
            d_old.T @ _flat(self._before),
            d_new.sum(0),
            d_old.sum(0),
            _flat(self.after).T @ d_inner,
            d_inner.sum(0),
            _flat(self._inner).T @ d_said,
            d_said.sum(0),
        ]

    def _step_back(self, d_state: Array, level: slice, later: slice) -> None:
        """Gradients of one level; those of its states are added to what the outside gives."""
        rows, shape = rows_of(level, self._kinds), (*d_state.shape[:2], -1)
        d_sent, d_inner, d_new = (
            self._d_sent[:, rows],
            self._d_inner[:, level],
            self._d_new[:, level],
        )
        heard = self._mix[:, later, rows].transpose(0, 2, 1)
        np.matmul(heard, self._d_message[:, later], out=d_sent)
        d_sent *= self._sent_on[:, rows]
        np.matmul(d_sent.reshape(shape), self._w_out.T, out=d_inner)
        d_inner *= self._inner_on[:, level]
        d_state += d_inner @ self._w_in.T
        slopes = self._slopes[:, level].reshape(*shape[:2], 3, -1)
        np.multiply(d_state[:, :, None], slopes, out=d_new.reshape(slopes.shape))
        np.matmul(d_new, self._w_ih, out=self._d_message[:, level])


def _hearing(level: slice, heard: slice, slots: int) -> slice:
    """The levels after one, in the order of the sweep, which begins at either end."""
    return slice(level.stop, slots) if heard.start == 0 else slice(0, level.start)


def _flat(x: Array, size: int | None = None) -> Array:
    flat: Array = x.reshape(-1, size or x.shape[-1])
    return flat

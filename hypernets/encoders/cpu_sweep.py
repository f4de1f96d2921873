"""The gated sweep on a CPU, with hand-written gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hypernets.encoders.blas_threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Span = tuple[slice, slice]
"""Slots of a level, and of all levels updated before it."""

Array = np.ndarray[Any, np.dtype[np.float32]]


_ZERO = np.zeros((), np.float32)


def rows_of(slots: slice, kinds: int) -> slice:
    """Rows of the messages of some slots, K of each."""
    return slice(slots.start * kinds, slots.stop * kinds)


class CpuSweep(torch.autograd.Function):
    """A sweep over levels in numpy and in place: for small steps the overhead of calls dominates.

    The hand-written backward pass keeps one buffer of gradients where autograd would allocate one
    for each level. It computes all terms that do not depend on the order of levels at once.

    Shape:
        States (G, S, D), mix (G, S, S*K), weights as of
        :class:`hypernets.encoders.gated_sweep.GatedSweep`,
        those of the GRU cell (3D, D) and (3D,) -> (G, S, D).
    """

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, mix: Tensor, spans: Sequence[Span], *weights: Tensor
    ) -> Tensor:
        with one_blas_thread():
            run = _Run(h, mix, weights)
            for level, sources in spans:
                run.update(level, sources)
        ctx.run, ctx.spans = run, spans
        return torch.from_numpy(run.finish()).view_as(h)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        with one_blas_thread():
            states, *weights = ctx.run.gradients(grads[0].contiguous().numpy(), ctx.spans)
        return (torch.from_numpy(states), None, None, *map(torch.from_numpy, weights))


class _Run:
    """Buffers and steps of a sweep, by slot; arrays of one graph have no dimension G.

    A step is a few dozen rows, so its time is the number of numpy calls, not of operations. Two
    identities move work out of the steps, where it is done once for all levels:

    - sigmoid(x) = (1 + tanh(x/2)) / 2. The weights and biases of the reset and update gates are
      halved in advance, and a step stores the tanh. The GRU update h' = n + z (h - n) with
      z = (1 + t) / 2 becomes 2h' = h + n + t (h - n): a step stores the doubled state, and
      :meth:`finish` halves all of them once.
    - relu(x + b) = max(x, -b) + b. A step stores max(x, -b), and the product of the remaining b
      with the next layer is part of that layer's bias.
    """

    def __init__(self, h: Tensor, mix: Tensor, weights: Sequence[Tensor]) -> None:
        self._shape = graphs, slots, hidden = h.shape
        self._before, self._mix, *plain = (
            tensor.detach().contiguous().numpy() for tensor in (h, mix, *weights)
        )
        self._multiply: Callable[..., Array] = np.matmul
        if graphs == 1:
            self._before, self._mix = self._before[0], self._mix[0]
            self._multiply = np.dot  # in half the time
        self._w_ih, self._w_hh, b_ih, b_hh, self._w_in, self._b_in, self._w_out, b_out = plain
        self._hidden, self._kinds = hidden, self._mix.shape[-1] // slots
        halves = np.repeat(np.array([0.5, 1], np.float32), [2 * hidden, hidden])
        self._w_message = self._w_ih.T * halves  # (D, 3D)
        self._old = self._before @ self._w_hh.T + b_hh  # (G, S, 3D), gates of the states before
        self._base = b_ih * halves + 0.5 * self._old
        self._old_new = 0.5 * self._old[..., 2 * hidden :]
        self._message = np.empty_like(self._before)
        self._gates = np.empty_like(self._old)  # reset, keep, new
        self._inner = np.empty((*self._before.shape[:-1], len(self._b_in)), np.float32)
        self._sent = np.empty((*self._before.shape[:-2], slots * self._kinds, hidden), np.float32)
        self._after = np.empty_like(self._before)
        self._half_in = 0.5 * self._w_in
        # a row for each slot: numpy takes twice as long to broadcast arrays of different shapes
        self._least = np.tile(-self._b_in, (slots, 1))
        self._b_messages = np.tile(self._b_in @ self._w_out + b_out, (slots, 1))

    def update(self, level: slice, sources: slice) -> None:
        """Compute the states of a level and the messages they send."""
        hidden = self._hidden
        at, columns = (..., level, slice(None)), rows_of(sources, self._kinds)
        before, message, state = self._before[at], self._message[at], self._after[at]  # (G, W, D)
        gates, inner = self._gates[at], self._inner[at]  # (G, W, 3D), (G, W, I)
        both, new = gates[..., : 2 * hidden], gates[..., 2 * hidden :]
        self._multiply(self._mix[..., level, columns], self._sent[..., columns, :], out=message)
        self._multiply(message, self._w_message, out=gates)
        gates += self._base[at]
        np.tanh(both, out=both)
        # `base` holds half of the candidate's recurrent term, so this adds the reset gate times it
        new += both[..., :hidden] * self._old_new[at]
        np.tanh(new, out=new)
        np.add(before, new, out=state)
        state += (before - new) * both[..., hidden:]  # twice the state
        self._multiply(state, self._half_in, out=inner)
        np.maximum(inner, self._least[level], out=inner)
        messages = self._multiply(inner, self._w_out)  # (G, W, K*D)
        messages += self._b_messages[level]
        rows = self._sent[..., rows_of(level, self._kinds), :]
        np.maximum(messages.reshape(rows.shape), _ZERO, out=rows)

    def finish(self) -> Array:
        """The new states of all levels, halved as `update` doubles them: (G, S, D)."""
        self._after *= 0.5
        return self._after.reshape(self._shape)

    def gradients(self, outer: Array, spans: Sequence[Span]) -> list[Array]:
        """Gradients of the initial states and of all weights, in order of the arguments.

        Args:
            outer: Gradient of the new states.
            spans: The levels in the order of the forward sweep.
        """
        # Only the gradients of messages depend on the order of levels, because a message is read
        # by later levels. All else is elementwise in slots or a sum over slots:
        # 1. the slopes d state / d gate, from the stored gates of all levels at once;
        # 2. the backward sweep, which fills the gradients of messages, inner layers and gates;
        # 3. the gradients of weights and initial states, one product each over all slots.
        hidden, slots = self._hidden, self._shape[1]
        new, inner = self._gates[..., 2 * hidden :], self._inner + self._b_in
        reset, keep = np.split(0.5 + 0.5 * self._gates[..., : 2 * hidden], 2, axis=-1)
        self._slopes = np.empty_like(self._gates)  # d new state / d gate before its activation
        self._slopes[..., 2 * hidden :] = (1 - keep) * (1 - new * new)
        self._slopes[..., hidden : 2 * hidden] = (self._before - new) * keep * (1 - keep)
        by_reset = self._old[..., 2 * hidden :] * reset * (1 - reset)
        self._slopes[..., :hidden] = self._slopes[..., 2 * hidden :] * by_reset
        self._sent_on, self._inner_on = np.sign(self._sent), np.sign(inner)
        self._d_sent = np.empty_like(self._sent)
        self._d_message = np.empty_like(self._message)
        self._d_inner = np.empty_like(inner)
        self._d_new = np.empty_like(self._gates)  # gradients of the gates' input from messages
        d_state = outer.reshape(self._before.shape).copy()
        for level, sources in reversed(spans):
            self._step_back(d_state[..., level, :], level, _readers(level, sources, slots))
        d_old = self._d_new.copy()  # gradients of the gates' input from initial states
        d_old[..., 2 * hidden :] *= reset
        d_before = d_state * keep + d_old @ self._w_hh
        d_messages = _flat(self._d_sent, self._kinds * hidden)
        d_inner, d_new, d_old = _flat(self._d_inner), _flat(self._d_new), _flat(d_old)
        return [
            d_before.reshape(self._shape),
            d_new.T @ _flat(self._message),
            d_old.T @ _flat(self._before),
            d_new.sum(0),
            d_old.sum(0),
            _flat(self._after).T @ d_inner,
            d_inner.sum(0),
            _flat(inner).T @ d_messages,
            d_messages.sum(0),
        ]

    def _step_back(self, d_state: Array, level: slice, later: slice) -> None:
        """Gradients of one level; `d_state` holds those from outside, and is added to."""
        # messages of later levels -> this level's messages sent -> inner layer -> states -> gates
        # -> this level's messages received, which earlier levels read in their own step
        at, after = (..., level, slice(None)), (..., later, slice(None))
        rows, shape = rows_of(level, self._kinds), (*d_state.shape[:-1], -1)
        d_sent, d_inner, d_new = self._d_sent[..., rows, :], self._d_inner[at], self._d_new[at]
        weights = self._mix[..., later, rows].swapaxes(-1, -2)
        self._multiply(weights, self._d_message[after], out=d_sent)
        d_sent *= self._sent_on[..., rows, :]
        self._multiply(d_sent.reshape(shape), self._w_out.T, out=d_inner)
        d_inner *= self._inner_on[at]
        d_state += self._multiply(d_inner, self._w_in.T)
        slopes = self._slopes[at].reshape(*d_state.shape[:-1], 3, -1)
        np.multiply(d_state[..., None, :], slopes, out=d_new.reshape(slopes.shape))
        self._multiply(d_new, self._w_ih, out=self._d_message[at])


def _readers(level: slice, sources: slice, slots: int) -> slice:
    """The slots that read a level's messages: those after it in the order of the sweep."""
    return slice(level.stop, slots) if sources.start == 0 else slice(0, level.start)


def _flat(x: Array, size: int | None = None) -> Array:
    flat: Array = x.reshape(-1, size or x.shape[-1])
    return flat

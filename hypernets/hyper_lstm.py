"""A recurrent network whose weights are scaled at each step by a smaller recurrent network."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn


class HyperState(NamedTuple):
    """Hidden and cell states of the main and of the small network: (B, H), (B, H), (B, S), (B, S).

    Those of a :class:`HyperLSTM` have the layers before the batch.
    """

    hidden: Tensor
    cell: Tensor
    hyper_hidden: Tensor
    hyper_cell: Tensor


class HyperLSTMCell(nn.Module):
    """One step of an LSTM, the rows of its weights scaled by a small LSTM.

    The small LSTM reads the input and the state of the main one. From its state come, for each
    gate, embeddings z_x, z_h, z_b, and from these the scalings of the rows and a bias:
    gate = d(z_x) * (W_x x) + d(z_h) * (W_h h) + b(z_b) + b (Ha, Dai, Le 2017, HyperNetworks,
    the weight scaling of their HyperLSTM). A fresh cell has scalings of one and generated biases
    of zero, so it is an LSTM; gates are in the order of ``torch.nn.LSTM``.

    Args:
        input_size: Features of the input, I.
        hidden_size: Size of the main state, H.
        hyper_size: Size of the small state, S.
        embedding_size: Size of each embedding z.
        layer_norm: Whether gates and cell are normalised, as in the paper's best models.

    Shape:
        (B, I) and a state -> a state, whose ``hidden`` is the output.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        hyper_size: int = 16,
        embedding_size: int = 4,
        layer_norm: bool = False,
    ) -> None:
        super().__init__()
        self.hidden_size, self.hyper_size = hidden_size, hyper_size
        self.hyper = nn.LSTMCell(input_size + hidden_size, hyper_size)
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        for weight in (self.weight_ih, self.weight_hh):
            nn.init.uniform_(weight, -1 / math.sqrt(hidden_size), 1 / math.sqrt(hidden_size))
        self.embed = nn.Linear(hyper_size, 3 * 4 * embedding_size)
        self.scale = nn.Parameter(torch.empty(3, 4, embedding_size, hidden_size))
        self._start_as_lstm()
        self.gate_norm = nn.GroupNorm(4, 4 * hidden_size) if layer_norm else nn.Identity()
        self.cell_norm = nn.LayerNorm(hidden_size) if layer_norm else nn.Identity()

    @torch.no_grad()
    def _start_as_lstm(self) -> None:
        """Embeddings that ignore the small state, and scalings that add up to one."""
        *_, size, _ = self.scale.shape
        weight, bias = (x.unflatten(0, (3, 4, size)) for x in (self.embed.weight, self.embed.bias))
        weight[:2], bias[:2] = 0, 1
        bias[2] = 0
        noise = torch.randn_like(self.scale[:2])  # different initial embeddings break the symmetry
        self.scale[:2] = (1 + noise - noise.mean(2, keepdim=True)) / size
        self.scale[2] = 0

    def forward(self, x: Tensor, state: HyperState | None = None) -> HyperState:
        h, c, *small = state or self.zero_state(x)
        small_h, small_c = self.hyper(torch.cat([x, h], -1), tuple(small))
        of_x, of_h, added = self.modulation(small_h).unbind(1)  # (B, 4, H)
        gates = of_x * self._by_gate(x @ self.weight_ih.mT) + added
        gates = gates + of_h * self._by_gate(h @ self.weight_hh.mT) + self._by_gate(self.bias)
        write, keep, new, show = self.gate_norm(gates.flatten(1)).chunk(4, 1)  # (B, H)
        c = keep.sigmoid() * c + write.sigmoid() * new.tanh()
        h = show.sigmoid() * self.cell_norm(c).tanh()
        return HyperState(h, c, small_h, small_c)

    def modulation(self, small: Tensor) -> Tensor:
        """Row scalings of input and state, and biases: (B, S) -> (B, 3, 4, H)."""
        z = self.embed(small).unflatten(-1, self.scale.shape[:3])  # (B, 3, 4, Z)
        return torch.einsum("bkgz,kgzh->bkgh", z, self.scale)

    def zero_state(self, x: Tensor) -> HyperState:
        """The state before the first step."""
        main, small = (x.new_zeros(len(x), n) for n in (self.hidden_size, self.hyper_size))
        return HyperState(main, main, small, small)

    def _by_gate(self, x: Tensor) -> Tensor:
        gates: Tensor = x.unflatten(-1, (4, self.hidden_size))
        return gates


class HyperLSTM(nn.Module):
    """Layers of :class:`HyperLSTMCell` over a sequence, called like ``torch.nn.LSTM``.

    Args:
        input_size: Features of the input, I.
        hidden_size: Features of the output, H.
        num_layers: Number of layers, L.
        batch_first: Whether sequences are (B, T, I) rather than (T, B, I).
        hyper_size: Size of the small state, S.
        embedding_size: Size of the embeddings between the networks.
        layer_norm: Whether gates and cells are normalised.

    Shape:
        (T, B, I), state of (L, B, H), (L, B, H), (L, B, S), (L, B, S) -> (T, B, H), state.

    Example:
        >>> import torch
        >>> out, state = HyperLSTM(3, 8, batch_first=True)(torch.zeros(2, 5, 3))
        >>> out.shape, state.hidden.shape
        (torch.Size([2, 5, 8]), torch.Size([1, 2, 8]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        hyper_size: int = 16,
        embedding_size: int = 4,
        layer_norm: bool = False,
    ) -> None:
        super().__init__()
        self.batch_first = batch_first
        self.cells = nn.ModuleList(
            HyperLSTMCell(
                hidden_size if layer else input_size,
                hidden_size,
                hyper_size=hyper_size,
                embedding_size=embedding_size,
                layer_norm=layer_norm,
            )
            for layer in range(num_layers)
        )

    def forward(self, x: Tensor, state: HyperState | None = None) -> tuple[Tensor, HyperState]:
        x = x.transpose(0, 1) if self.batch_first else x  # (T, B, I)
        last = []
        for layer, cell in enumerate(self.cells):
            now = None if state is None else HyperState(*(part[layer] for part in state))
            outputs = []
            for step in x:
                now = cell(step, now)
                outputs.append(now.hidden)
            x = torch.stack(outputs)
            last.append(now)
        out = x.transpose(0, 1) if self.batch_first else x
        return out, HyperState(*(torch.stack(part) for part in zip(*last, strict=True)))

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from hypernets.hyper_lstm import HyperLSTM, HyperLSTMCell, HyperState


def make(*args: int, **settings: Any) -> HyperLSTM:
    torch.manual_seed(0)
    return HyperLSTM(*args, **settings)


def disturbed(network: HyperLSTM) -> HyperLSTM:
    """With scalings that differ from one."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) / 2)
    return network


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("layer_norm", [False, True])
def test_shapes_are_those_of_an_lstm(layers: int, batch_first: bool, layer_norm: bool) -> None:
    x = torch.randn(5, 3, 2)
    settings = {"batch_first": batch_first}
    out, state = make(2, 7, layers, layer_norm=layer_norm, hyper_size=4, **settings)(x)
    expected, (hidden, cell) = nn.LSTM(2, 7, layers, **settings)(x)
    assert out.shape == expected.shape
    assert (state.hidden.shape, state.cell.shape) == (hidden.shape, cell.shape)
    assert state.hyper_hidden.shape == (*hidden.shape[:2], 4)


@pytest.mark.parametrize("layers", [1, 3])
def test_scalings_of_one_make_an_lstm(layers: int) -> None:
    network, lstm = make(3, 6, layers), nn.LSTM(3, 6, layers)
    with torch.no_grad():
        for layer, cell in enumerate(network.cells):
            assert isinstance(cell, HyperLSTMCell)
            cell.weight_ih.copy_(getattr(lstm, f"weight_ih_l{layer}"))
            cell.weight_hh.copy_(getattr(lstm, f"weight_hh_l{layer}"))
            biases = (getattr(lstm, f"bias_{name}_l{layer}") for name in ("ih", "hh"))
            cell.bias.copy_(sum(biases))
    x = torch.randn(8, 4, 3)
    out, state = network(x)
    expected, (hidden, cell_state) = lstm(x)
    assert_close(out, expected)
    assert_close((state.hidden, state.cell), (hidden, cell_state))


def test_a_step_is_an_lstm_step_with_scaled_rows() -> None:
    (cell,) = disturbed(make(3, 6)).cells
    assert isinstance(cell, HyperLSTMCell)
    x, state = torch.randn(1, 3), HyperState(*(torch.randn(1, n) for n in (6, 6, 16, 16)))
    found = cell(x, state)
    of_x, of_h, added = cell.modulation(found.hyper_hidden)[0].flatten(1)  # (24,)
    plain = nn.LSTMCell(3, 6)
    with torch.no_grad():
        plain.weight_ih.copy_(torch.diag(of_x) @ cell.weight_ih)
        plain.weight_hh.copy_(torch.diag(of_h) @ cell.weight_hh)
        plain.bias_ih.copy_(added)
        plain.bias_hh.copy_(cell.bias)
    assert_close((found.hidden, found.cell), plain(x, (state.hidden, state.cell)))


def test_scalings_follow_the_sequence() -> None:
    (cell,) = disturbed(make(3, 6)).cells
    assert isinstance(cell, HyperLSTMCell)
    first = cell(torch.randn(1, 3))
    second = cell(torch.randn(1, 3), first)
    one, two = (cell.modulation(state.hyper_hidden) for state in (first, second))
    assert (one - two).abs().max() > 0.1


def test_normalised_gates_do_not_depend_on_their_scale() -> None:
    (cell,) = make(3, 6, layer_norm=True).cells
    assert isinstance(cell, HyperLSTMCell)
    x = torch.randn(4, 3)
    before = cell(x)
    with torch.no_grad():
        cell.weight_ih.mul_(10)
    assert_close(cell(x).hidden, before.hidden, rtol=1e-2, atol=1e-2)


def test_a_state_continues_a_sequence() -> None:
    network, x = disturbed(make(3, 6, 2)), torch.randn(9, 4, 3)
    whole, last = network(x)
    start, state = network(x[:5])
    rest, end = network(x[5:], state)
    assert_close(torch.cat([start, rest]), whole)
    assert_close(tuple(end), tuple(last))


@pytest.mark.parametrize("layer_norm", [False, True])
def test_all_parameters_learn(layer_norm: bool) -> None:
    network = disturbed(make(3, 6, 2, layer_norm=layer_norm))
    out, _ = network(torch.randn(5, 4, 3))
    grads = torch.autograd.grad(out.square().sum(), list(network.parameters()))
    assert all(grad.abs().sum() > 0 for grad in grads)


def marked_sums(batch: int, steps: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The adding problem: values, two of them marked, and the sum of those."""
    values = torch.rand(batch, steps, generator=generator)
    marked = torch.rand(batch, steps, generator=generator).topk(2).indices
    marks = torch.zeros(batch, steps).scatter(1, marked, 1)
    return torch.stack([values, marks], -1), (values * marks).sum(1)


def test_learns_to_add() -> None:
    network, head = make(2, 16, batch_first=True, hyper_size=8), nn.Linear(16, 1)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()], lr=0.02)
    for _ in range(120):
        x, target = marked_sums(64, 4, generator)
        loss = (head(network(x)[0][:, -1])[:, 0] - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    x, target = marked_sums(500, 4, generator)
    error = (head(network(x)[0][:, -1])[:, 0] - target).square().mean()
    assert error < 0.1 * target.var()

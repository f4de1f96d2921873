"""The sweep written out equals the one that autograd differentiates."""

import pytest
import torch
from torch import nn

from hypernets.encoders.gated_sweep import GatedSweep

SLOTS, HIDDEN, INNER = 7, 4, 5
FORWARD = [(slice(0, 2), slice(0, 0)), (slice(2, 5), slice(0, 2)), (slice(5, 7), slice(0, 5))]
BACKWARD = [(slice(5, 7), slice(7, 7)), (slice(2, 5), slice(5, 7)), (slice(0, 2), slice(2, 7))]


@pytest.mark.parametrize("graphs", [1, 3])
@pytest.mark.parametrize("kinds", [1, 2])
@pytest.mark.parametrize("spans", [FORWARD, BACKWARD], ids=["forward", "backward"])
def test_values_and_gradients_equal_those_of_autograd(spans, kinds, graphs) -> None:
    torch.manual_seed(kinds)
    gru = nn.GRUCell(HIDDEN, HIDDEN)
    sending = [
        torch.randn(shape, requires_grad=True)
        for shape in ((HIDDEN, INNER), (INNER,), (INNER, kinds * HIDDEN), (kinds * HIDDEN,))
    ]
    h = torch.randn(graphs, SLOTS, HIDDEN, requires_grad=True)
    mix, weight = torch.rand(graphs, SLOTS, SLOTS * kinds), torch.randn(graphs, SLOTS, HIDDEN)
    sweep = GatedSweep(gru, *sending)
    cell = (gru.weight_ih, gru.weight_hh, gru.bias_ih, gru.bias_hh)
    read = [h, *cell, *sending]
    found = []
    for states in (sweep(h, mix, spans), sweep._by_autograd(h, mix, spans, cell)):
        found.append([states, *torch.autograd.grad((states * weight).sum(), read)])
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)

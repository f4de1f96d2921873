from __future__ import annotations

import torch
from torch.testing import assert_close
from torch_geometric.data import Batch

from hypernets.encoders.rnn import RNNEncoder
from tests.hypernets.encoders.test_gated_gnn import random_dag, record

HIDDEN, NODES = 6, (9, 1, 14)


def make_encoder() -> RNNEncoder:
    torch.manual_seed(0)
    return RNNEncoder(HIDDEN)


def batch_of(nodes: tuple[int, ...]) -> Batch:
    return Batch.from_data_list([record(random_dag(n, n), 50) for n in nodes])


def test_equals_the_cell_layer_after_layer() -> None:
    encoder, x = make_encoder(), torch.randn(sum(NODES), HIDDEN)
    cell = torch.nn.GRUCell(HIDDEN, HIDDEN)
    weights = encoder.gru.state_dict()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in weights.items()})
    expected = []
    for part in x.split(NODES):
        memory = torch.zeros(1, HIDDEN)
        for row in part:
            memory = cell(row[None], memory)
            expected.append(row + encoder.memory(memory)[0])
    assert_close(encoder(x, batch_of(NODES)), torch.stack(expected))


def test_a_layer_depends_on_those_before_in_its_graph_only() -> None:
    x = torch.randn(sum(NODES), HIDDEN, requires_grad=True)
    out = make_encoder()(x, batch_of(NODES))
    (grad,) = torch.autograd.grad(out[10 + 5].sum(), x)
    assert grad.abs().sum(1).nonzero().flatten().tolist() == list(range(10, 16))


def test_all_parameters_learn() -> None:
    encoder = make_encoder()
    out = encoder(torch.randn(sum(NODES), HIDDEN), batch_of(NODES))
    grads = torch.autograd.grad(out.square().sum(), list(encoder.parameters()))
    assert all(grad.abs().sum() > 0 for grad in grads)

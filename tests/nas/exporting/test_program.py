from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.errors import ExportError
from nas.exporting.exportable import Exportable
from nas.exporting.program import program_of
from nas.graph.builder import GraphBuilder
from tests.nas.exporting.networks import trained


def convolutional(*, pooled: bool) -> Exportable:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 8, 8)), 4)
    x = b.linear(b.flatten(b.global_avg_pool(x) if pooled else x), 3)
    graph = b.build(x)
    return Exportable.of(graph, trained(graph))


class OneBatch(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :3] + torch.zeros(int(x.shape[0]), 3)


class Undecided(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def other(module: nn.Module) -> Exportable:
    return Exportable(graph=convolutional(pooled=True).graph, module=module)


def test_sizes_stay_open_where_the_network_allows() -> None:
    program = program_of(convolutional(pooled=True))
    assert program.open == ({0: "batch", 2: "height", 3: "width"},)
    assert (program.any_batch, program.any_size) == (True, True)


def test_a_linear_layer_on_all_pixels_fixes_their_number() -> None:
    program = program_of(convolutional(pooled=False))
    assert (program.any_batch, program.any_size) == (True, False)


def test_a_network_of_one_batch_size_takes_one_sample() -> None:
    program = program_of(other(OneBatch()))
    assert (program.any_batch, program.any_size) == (False, False)
    outputs = program.exported.module()(torch.ones(1, 1, 8, 8))
    assert outputs.shape == (1, 3)


def test_branches_on_values_are_refused() -> None:
    with pytest.raises(ExportError, match=r"torch\.export cannot follow the network"):
        program_of(other(Undecided()))

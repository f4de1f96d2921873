from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.errors import ImportingError
from nas.importers.trace import TRACE_MODES, trace
from tests.nas.importers.written import Written, checked

X = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


def assign(place, value):
    def run(self, x):
        y = x + 0.5
        y[place] = value(x)
        return y

    return Written(run)


@pytest.mark.parametrize("place", [(slice(None), 1), (..., slice(1, 3)), (slice(None), [0, 2], 1)])
def test_a_number_is_written_by_a_mask(place) -> None:
    imported = checked(assign(place, lambda x: 0.0), X)
    assert imported.batch is None
    assert [node.op.kind for node in imported.graph.nodes] == ["call", "constant", "call"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((slice(None), 1), lambda x: x[:, 0]),
        ((slice(None), slice(0, 2)), lambda x: x[:, 2:]),
        ((..., 2), lambda x: x.sum(-1)),
    ],
)
def test_a_tensor_is_written_where_the_mask_is(place, value) -> None:
    assert checked(assign(place, value), X).batch is None


def test_a_module_that_writes_into_some_samples_runs_unchanged() -> None:
    model = nn.Sequential(nn.Linear(4, 4), assign((slice(None, None, 2),), lambda x: 0.0))
    assert [node.op.kind for node in checked(model, X).graph.nodes] == ["linear", "layer"]


def views(self, x):
    y = x + 1
    part = y[:, 1:]
    part[..., 2].fill_(3.0)
    return y, part


def added(self, x):
    y = x + 1
    part = y[:, 1:]
    part += x[:, 1:]
    return y, part


def copied(self, x):
    y = x + 1
    y[:, 0].copy_(x[:, 1])
    return y


def emptied(self, x):
    y = x + 1
    y.zero_()
    return y + x


def masked_bias(self, x):
    bias = self.bias.clone()
    bias[1:3].zero_()
    return x + bias


@pytest.mark.parametrize("run", [views, added, copied, emptied, masked_bias])
def test_a_write_into_a_part_changes_the_whole(run) -> None:
    """The recorder itself records it; torch.export would call other operations."""
    imported = checked(Written(run, bias=nn.Parameter(torch.ones(4))), X)
    texts = [getattr(node.op, "expression", "") for node in imported.graph.nodes]
    assert any("masked_" in text for text in texts)
    assert not any("aten" in text for text in texts)


def test_another_part_read_afterwards_is_recorded_correctly() -> None:
    def two(self, x):
        y = x + 1
        first, both = y[:, 0], y[:, :2]
        first.zero_()
        return both + 0

    with pytest.raises(ImportingError, match="through a view"):
        trace(Written(two), [X], TRACE_MODES[0], set())
    checked(Written(two), X)  # torch.export handles views


def test_a_part_of_a_constant_is_recorded_correctly() -> None:
    def shifted(self, x):
        y = torch.zeros(4)
        part = y[1:3]
        part += x.exp().mean()
        return x + y

    with pytest.raises(ImportingError, match="through a view"):
        trace(Written(shifted), [X], TRACE_MODES[0], set())


def test_the_last_dimension_of_a_vector_is_the_first() -> None:
    def first(self, x):
        y = x.sum((1, 2))
        y[..., 0] = 0
        return y

    with pytest.raises(ImportingError, match="picks samples"):
        trace(Written(first), [X], TRACE_MODES[0], set())

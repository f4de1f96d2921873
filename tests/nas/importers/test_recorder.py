from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import ImportingError
from nas.importers.from_module import from_module
from nas.importers.trace import TRACE_MODES, trace
from tests.nas.importers.written import Written, checked, expressions, ops

X = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


def test_results_that_do_not_depend_on_the_input_are_computed_at_once() -> None:
    def scaled(self, x):
        return x * torch.arange(4).float().exp().flip(0).to(x.dtype)

    imported = checked(Written(scaled), X)
    assert [node.op.kind for node in imported.graph.nodes] == ["constant", "mul"]
    (constant,) = imported.state.values()
    torch.testing.assert_close(constant, torch.tensor([3.0, 2.0, 1.0, 0.0]).exp())


def test_constants_may_be_written_before_they_are_read() -> None:
    def masked(self, x):
        mask = torch.zeros(4)
        mask[1:3] = 1
        mask += 1
        return x * mask

    imported = checked(Written(masked), X)
    assert next(iter(imported.state.values())).tolist() == [1.0, 2.0, 2.0, 1.0]


@pytest.mark.parametrize(
    ("inplace", "plain"),
    [
        (lambda self, x: F.relu(x + 1, inplace=True), ["x0.add(1)", "activation"]),
        (lambda self, x: (x + 1).mul_(2), ["x0.add(1)", "x0.mul(2)"]),
        (lambda self, x: (x + 1).clamp_(0, 1), ["x0.add(1)", "x0.clamp(0, 1)"]),
    ],
)
def test_in_place_functions_are_recorded_out_of_place(inplace, plain) -> None:
    assert expressions(inplace, X) == plain


def test_the_target_of_an_in_place_function_is_the_result_afterwards() -> None:
    def twice(self, x):
        y = x + 1
        y += x
        return y * y

    assert [op.kind for op in ops(Written(twice), X)] == ["call", "add", "mul"]


def test_a_view_read_after_its_base_was_changed_is_recorded_correctly() -> None:
    def stale(self, x):
        y = x + 1
        row = y[:, 0]
        y.mul_(2)
        return row + 1

    with pytest.raises(ImportingError, match="changed through a view"):
        trace(Written(stale), [X], TRACE_MODES[0], set())
    checked(Written(stale), X)  # torch.export handles views


def test_dropout_stays() -> None:
    assert [op.kind for op in ops(nn.Sequential(nn.Dropout(0.3), nn.ReLU()), X)] == [
        "dropout",
        "activation",
    ]


def test_tensors_that_are_no_buffers_become_constants() -> None:
    offsets = torch.arange(4.0)
    imported = checked(Written(lambda self, x: x + offsets), X)
    assert imported.names == {}
    assert torch.equal(imported.state["constant.value"], offsets)


def test_attributes_and_casts_are_functions() -> None:
    assert expressions(lambda self, x: x.mT.double().float().data, X) == [
        "torch.transpose(x0, -2, -1)",
        "x0.to(torch.float64)",
        "x0.to(torch.float32)",
        "torch.detach(x0)",
    ]


def test_numbers_of_numpy_are_plain_numbers() -> None:
    def sized(self, x):
        return x.reshape(-1, np.int64(2), np.int32(6)) * np.float32(0.5)

    assert expressions(sized, X) == ["x0.reshape(-1, 2, 6)", "x0.mul(0.5)"]


def test_a_model_that_reads_values_is_run_on_the_example() -> None:
    def branch(self, x):
        return x.exp() if x.sum() > 0 else x.sin()

    imported = from_module(Written(branch), X + 1)
    assert imported.batch == 2
    assert [node.op.expression for node in imported.graph.nodes] == ["x0.exp()"]  # type: ignore[attr-defined]


def test_a_batch_norm_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ImportingError, match="cannot be read as a graph"):
        from_module(nn.BatchNorm1d(5), X)

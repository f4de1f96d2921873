from __future__ import annotations

import pytest
import torch

from tests.nas.importers.written import expressions

X = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("function", "written"),
    [
        (lambda s, x: x.view(x.shape[0], 12), "x0.view(-1, 12)"),
        (lambda s, x: x.reshape((x.shape[0], 4, 3)), "x0.reshape((-1, 4, 3,))"),
        (lambda s, x: x.view(x.size(0), -1), "x0.view(x0.shape[0], -1)"),
        (lambda s, x: x.view(x.shape[0] * 3, 4), "x0.view(-1, 4)"),
        (lambda s, x: x.permute(0, 2, 1), "x0.permute(0, 2, 1)"),
        (lambda s, x: torch.permute(x, (0, 2, 1)), "torch.permute(x0, (0, 2, 1,))"),
        (
            lambda s, x: x[:, 1:, ...],
            "x0.__getitem__((slice(None, None, None), slice(1, None, None), ...,))",
        ),
        (lambda s, x: x.chunk(2, dim=2)[1], "x0.chunk(2, dim=2)[1]"),
        (lambda s, x: x.max(1)[0], "x0.max(1)[0]"),
        (lambda s, x: x.half(), "x0.to(torch.float16)"),
        (lambda s, x: x.sum(1, keepdim=True), "x0.sum(1, keepdim=True)"),
        (lambda s, x: x.masked_fill(x > 0, float("-inf")), None),
        (lambda s, x: 1 - x, "x0.__rsub__(1)"),
        (lambda s, x: torch.ones(x.shape[0], 2), "torch.ones(x0.shape[0], 2, device=x0.device)"),
    ],
)
def test_a_call_is_written_as_in_python(function, written) -> None:
    found = expressions(function, X)
    assert found == [written] if written else found[-1] == "x0.masked_fill(x1, -inf)"


def test_a_value_read_twice_is_one_input() -> None:
    assert expressions(lambda s, x: torch.atan2(x, x), X) == ["torch.atan2(x0, x0)"]


def test_lists_of_tensors_are_written_out() -> None:
    assert expressions(lambda s, x: torch.stack([x, x, x.exp()], 1), X)[-1] == (
        "torch.stack([x0, x0, x1], 1)"
    )


def test_data_types_are_given_if_one_is_not_float() -> None:
    assert expressions(lambda s, x: (x > 0).logical_not(), X) == ["x0.gt(0)", "x0.logical_not()"]

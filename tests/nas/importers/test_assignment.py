from __future__ import annotations

import pytest
import torch

from nas.errors import ImportingError
from nas.importers.from_module import from_module
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


def test_writing_into_some_samples_is_refused() -> None:
    with pytest.raises(ImportingError, match="an assignment picks samples"):
        from_module(assign((slice(None, None, 2),), lambda x: 0.0), X)

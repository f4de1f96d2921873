from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from hypernets.decoders.tiling import tile, tile_into

CASES = [
    ((3, 2), (3, 2)),
    ((3, 2), (9, 8)),
    ((3, 2), (7, 5)),
    ((4, 1), (4, 6)),
    ((1, 5), (3, 12)),
    ((2, 3, 2, 2), (5, 9, 2, 2)),
    ((4,), (11,)),
    ((), ()),
]


def expected(part, shape):
    """Each element by its index modulo the size of the part."""
    index = np.ix_(range(len(part)), *(np.arange(n) % m for n, m in zip(shape, part.shape[1:])))  # noqa: B905
    return torch.from_numpy(part.numpy()[index])


@pytest.mark.parametrize(("have", "shape"), CASES)
def test_values_repeat_along_each_dimension(have, shape) -> None:
    part = torch.randn(2, *have)
    out = torch.full((2, *shape), torch.nan)
    tile_into(out, part)
    assert torch.equal(out, expected(part, shape))
    assert torch.equal(tile(part, shape), out)


def test_longer_tensors_are_cut() -> None:
    assert tile(torch.arange(6.0).view(1, 2, 3), (1, 2)).tolist() == [[[0, 1]]]


def test_each_value_gathers_the_gradients_of_its_copies() -> None:
    part = torch.zeros(1, 3, requires_grad=True)
    weights = torch.arange(8.0)
    (tile(part, (8,)) * weights).sum().backward()
    assert part.grad is not None
    assert_close(part.grad, torch.tensor([[0.0 + 3 + 6, 1 + 4 + 7, 2 + 5]]))

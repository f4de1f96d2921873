from __future__ import annotations

import pytest
import torch

from nas.errors import ShapeError
from nas.graph.ops import Flatten, Identity, Image, Linear, Shift2d, Tokens, Zero


def test_shift_moves_up_and_left():
    x = torch.arange(1.0, 10).view(1, 1, 3, 3)
    shifted = Shift2d().forward({}, x)
    assert shifted[0, 0].tolist() == [[5, 6, 0], [8, 9, 0], [0, 0, 0]]


def test_zeros_follow_the_batch_type_and_not_the_values():
    x = torch.full((5, 2), torch.nan, dtype=torch.float64)
    zeros = Zero(shape=(3, 4)).forward({}, x)
    assert zeros.shape == (5, 3, 4)
    assert zeros.dtype == torch.float64
    assert not zeros.any()


def test_flatten_keeps_the_batch():
    assert Flatten().infer_shape((1, 3, 4, 5)) == (1, 60)
    assert Flatten().infer_shape((1, 7)) == (1, 7)


def test_identity_is_the_very_value():
    x = torch.ones(2, 3)
    assert Identity().forward({}, x) is x


def test_a_linear_layer_maps_the_last_dimension():
    assert Linear(out_features=5).infer_shape((1, 2, 3, 4)) == (1, 2, 3, 5)
    assert Linear(out_features=5).macs((1, 2, 3, 4)) == 2 * 3 * 4 * 5
    assert Linear(out_features=5, head=True).features().kind == "head"
    assert Linear(out_features=5).features().kind == "linear"


def test_tokens_are_pixels_row_by_row():
    x = torch.arange(24.0).view(1, 2, 3, 4)
    tokens = Tokens().forward({}, x)
    assert tokens.shape == Tokens().infer_shape((1, 2, 3, 4)) == (1, 12, 2)
    assert tokens[0, 5].tolist() == x[0, :, 1, 1].tolist()
    assert Image(height=3).forward({}, tokens).equal(x)
    assert Image(height=3).infer_shape((1, 12, 2)) == (1, 2, 3, 4)


def test_an_image_has_whole_rows():
    with pytest.raises(ShapeError, match="divisible by height=5, got 12"):
        Image(height=5).infer_shape((1, 12, 2))

from __future__ import annotations

import pytest
import torch

from nas.errors import ShapeError
from nas.graph.op import OpFeatures
from nas.graph.ops import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d


def test_the_padding_does_not_count_in_a_mean():
    ones = torch.ones(1, 1, 3, 3)
    assert AvgPool2d().forward({}, ones).equal(ones)


def test_the_padding_does_not_count_in_a_maximum():
    negative = -torch.ones(1, 1, 3, 3)
    assert MaxPool2d().forward({}, negative).equal(negative)


def test_halving_takes_means_of_squares():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    half = AvgPool2d(kernel=(2, 2), stride=2, padding=(0, 0)).forward({}, x)
    assert half.flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


def test_a_window_must_fit():
    with pytest.raises(ShapeError, match="at least 5x5 pixels, got 4x4"):
        MaxPool2d(kernel=(5, 5), padding=(0, 0)).infer_shape((1, 3, 4, 4))


def test_features_name_the_kind_of_pool():
    assert MaxPool2d(kernel=(5, 3), stride=2).features() == OpFeatures(
        kind="max_pool2d", kernel=(5, 3), stride=2
    )
    assert AdaptiveAvgPool2d().features() == OpFeatures(kind="adaptive_avg_pool2d")

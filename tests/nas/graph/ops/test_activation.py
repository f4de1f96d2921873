from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.modules import activation

from nas.errors import ShapeError
from nas.graph.op import OpFeatures, ParamSpec, Role
from nas.graph.ops import PReLU
from nas.graph.ops.activation import FUNCTIONS

ALONG_A_DIMENSION = {"GLU", "LogSoftmax", "MultiheadAttention", "Softmax", "Softmax2d", "Softmin"}
NO_DEFAULT = {"PReLU", "RReLU", "Threshold"}
ELEMENTWISE = sorted(set(activation.__all__) - ALONG_A_DIMENSION - NO_DEFAULT)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_module_of_torch_is_a_function(name):
    x = 4 * torch.randn(100, generator=torch.Generator().manual_seed(0))
    expected = getattr(nn, name)()(x)
    known = {key.replace("_", ""): function for key, function in FUNCTIONS.items()}
    assert known[name.lower()](x).equal(expected)


def test_slopes_apply_below_zero():
    x = torch.tensor([[[-2.0, 3.0], [-2.0, 3.0]]])  # (1, 2, 2)
    one, each = PReLU(), PReLU(channels=2)
    assert one.forward({"weight": torch.tensor([0.5])}, x).tolist() == [[[-1, 3], [-1, 3]]]
    slopes = {"weight": torch.tensor([0.5, 2.0])}
    assert each.forward(slopes, x).tolist() == [[[-1, 3], [-4, 3]]]


def test_slopes_scale():
    assert PReLU(channels=6).parameters((1, 6, 4)) == {"weight": ParamSpec((6,), Role.SCALE)}
    assert PReLU().features() == OpFeatures(kind="prelu")


def test_there_is_one_slope_or_one_for_each_channel():
    with pytest.raises(ShapeError, match="expected channels=1 or channels=6, got 3"):
        PReLU(channels=3).infer_shape((1, 6, 4))

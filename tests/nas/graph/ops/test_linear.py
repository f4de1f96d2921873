from __future__ import annotations

import pytest
import torch

from nas.errors import ShapeError
from nas.graph.op import OpFeatures, Role
from nas.graph.ops import Bilinear


def test_a_quadratic_form_of_two_inputs():
    first, second = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0, 5.0]])
    weight = torch.zeros(2, 2, 3)
    weight[0, 1, 2] = 10.0  # 10 * 2 * 5
    weight[1, 0, 0] = 1.0  # 1 * 3
    params = {"weight": weight, "bias": torch.tensor([0.5, 0.0])}
    assert Bilinear(out_features=2).forward(params, first, second).tolist() == [[100.5, 3.0]]


def test_all_other_dimensions_are_equal():
    with pytest.raises(ShapeError, match=r"last dimension only, got \(1, 4, 3\) and \(1, 5, 3\)"):
        Bilinear(out_features=2).infer_shape((1, 4, 3), (1, 5, 3))


def test_hypernetworks_see_a_linear_layer():
    assert Bilinear(out_features=2).features() == OpFeatures(kind="linear", bias=True)
    specs = Bilinear(out_features=2).parameters((1, 3), (1, 4))
    assert [spec.role for spec in specs.values()] == [Role.WEIGHT, Role.BIAS]

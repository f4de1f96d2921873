from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F

from nas.errors import ShapeError
from nas.graph.op import OpFeatures, ParamSpec, Role
from nas.graph.ops import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    RMSNorm,
)

IMAGE = (1, 6, 4, 4)


@pytest.mark.parametrize(
    ("op", "length"),
    [(BatchNorm2d(), 6), (GroupNorm(groups=2), 6), (InstanceNorm(), 6), (LayerNorm(), 4)],
)
def test_one_scale_and_one_shift_for_each_channel(op, length):
    specs = op.parameters(IMAGE)
    assert {name: (spec.shape, spec.role) for name, spec in specs.items()} == {
        "weight": ((length,), Role.SCALE),
        "bias": ((length,), Role.SHIFT),
    }


def test_groups_divide_the_channels():
    with pytest.raises(ShapeError, match="divisible by groups=4, got 6"):
        GroupNorm(groups=4).infer_shape(IMAGE)


def test_the_root_mean_square_is_divided_out_without_a_shift():
    assert RMSNorm().parameters(IMAGE) == {"weight": ParamSpec((4,), Role.SCALE)}
    x = torch.tensor([[3.0, -4.0], [0.0, 2.0]])
    result = RMSNorm(eps=0.0).forward({"weight": torch.tensor([1.0, 10.0])}, x)
    rms = torch.tensor([[12.5], [2.0]]).sqrt()
    torch.testing.assert_close(result, x / rms * torch.tensor([1.0, 10.0]))


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (BatchNorm1d(), IMAGE, "a vector batch (B, C) or a sequence batch (B, C, T)"),
        (BatchNorm2d(), (1, 6), "an image batch"),
        (BatchNorm3d(), IMAGE, "a volume batch (B, C, D, H, W)"),
        (InstanceNorm(), (1, 6), "a sequence batch (B, C, T) or an image batch"),
        (InstanceNorm(), (1, 6, 1, 1), "several positions to normalise over"),
    ],
)
def test_invalid_inputs_of_norms_are_refused(op, shape, message):
    with pytest.raises(ShapeError, match=f"expected {re.escape(message)}"):
        op.infer_shape(shape)


@pytest.mark.parametrize("op", [BatchNorm1d(), BatchNorm2d(), BatchNorm3d()])
def test_hypernetworks_see_one_kind_of_batch_norm(op):
    assert op.features() == OpFeatures(kind="batch_norm2d")


def test_an_instance_norm_is_a_group_norm_of_single_channels():
    x = torch.randn(3, *IMAGE[1:], generator=torch.Generator().manual_seed(0))
    params = {"weight": torch.arange(6.0), "bias": torch.arange(6.0, 12)}
    torch.testing.assert_close(
        InstanceNorm(eps=0.1).forward(params, x), GroupNorm(groups=6, eps=0.1).forward(params, x)
    )


@pytest.mark.parametrize("op", [InstanceNorm(eps=0.5), RMSNorm(eps=0.5)])
def test_eps_reaches_modules(op):
    assert op.module(IMAGE).eps == 0.5


def test_batch_norm_uses_the_batch_unless_statistics_are_given():
    x = 3 + 2 * torch.randn(64, *IMAGE[1:], generator=torch.Generator().manual_seed(0))
    params = {"weight": torch.full((6,), 2.0), "bias": torch.full((6,), 5.0)}
    normal = BatchNorm2d().forward(params, x)
    torch.testing.assert_close(normal.mean((0, 2, 3)), params["bias"], rtol=0, atol=1e-3)
    torch.testing.assert_close(normal.std((0, 2, 3)), params["weight"], rtol=0, atol=1e-2)
    given = params | {"running_mean": torch.zeros(6), "running_var": torch.ones(6)}
    torch.testing.assert_close(BatchNorm2d(eps=0.0).forward(given, x), 2 * x + 5)


def test_given_statistics_are_not_written_to():
    given = {
        "weight": torch.ones(6),
        "bias": torch.zeros(6),
        "running_mean": torch.zeros(6),
        "running_var": torch.ones(6),
    }
    before = {name: value.clone() for name, value in given.items()}
    BatchNorm2d().forward(given, torch.randn(8, *IMAGE[1:]))
    assert all(given[name].equal(before[name]) for name in given)


@pytest.mark.parametrize(
    ("op", "shape"), [(BatchNorm1d(eps=0), (4, 6)), (BatchNorm2d(eps=0), (4, 6, 3, 3))]
)
def test_a_batch_norm_without_eps_can_be_trained(op, shape):
    """Torch refuses it; a channel that does not vary is then zero, as it is with an eps."""
    x = torch.randn(shape)
    x[:, 0] = 7.0
    trained = op.module(shape).train()(x)
    params = {"weight": torch.ones(6), "bias": torch.zeros(6)}
    torch.testing.assert_close(op.forward(params, x), trained)
    dims = [dim for dim in range(x.dim()) if dim != 1]
    varying = x[:, 1:]
    mean, std = varying.mean(dims, keepdim=True), varying.std(dims, keepdim=True, correction=0)
    torch.testing.assert_close(trained[:, 1:], (varying - mean) / std)
    assert torch.equal(trained[:, 0], torch.zeros_like(x[:, 0]))


def test_eps_and_momentum_reach_the_module():
    text = repr(BatchNorm2d(eps=1e-3, momentum=0.01).module(IMAGE))
    assert text.startswith("BatchNorm2d(6, eps=0.001, momentum=0.01")
    assert repr(GroupNorm(groups=3, eps=1e-3).module(IMAGE)).startswith(
        "GroupNorm(3, 6, eps=0.001"
    )
    x = torch.randn(2, *IMAGE[1:])
    params = {"weight": torch.ones(4), "bias": torch.zeros(4)}
    torch.testing.assert_close(
        LayerNorm(eps=0.5).forward(params, x), F.layer_norm(x, (4,), eps=0.5)
    )

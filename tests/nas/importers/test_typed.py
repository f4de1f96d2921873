from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.graph.ops import Activation, Call, Conv2d, MaxPool2d, Zero
from nas.graph.ops.activation import FUNCTIONS
from tests.nas.importers.written import Written, checked, ops

IMAGE = torch.linspace(-1, 1, 2 * 4 * 64).reshape(2, 4, 8, 8)
SEQUENCE = IMAGE.flatten(2)
VOLUME = IMAGE[:, :, None].expand(-1, -1, 2, -1, -1)
VECTOR = IMAGE[:, :, 0, 0]
TOKENS = SEQUENCE.mT


def written(function):
    return Written(lambda self, *inputs: function(*inputs))


TYPED = [
    ("conv1d", nn.Conv1d(4, 6, 3, padding="same"), SEQUENCE),
    ("conv2d", nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False), IMAGE),
    ("conv2d", nn.Conv2d(4, 6, 3, padding="valid", dilation=2), IMAGE),
    ("conv3d", nn.Conv3d(4, 6, (1, 3, 3)), VOLUME),
    ("conv_transpose1d", nn.ConvTranspose1d(4, 6, 3, 2), SEQUENCE),
    ("conv_transpose2d", nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), IMAGE),
    ("conv_transpose3d", nn.ConvTranspose3d(4, 6, 2), VOLUME),
    ("linear", nn.Linear(4, 6, bias=False), VECTOR),
    ("linear", nn.Linear(4, 6), TOKENS),
    ("batch_norm1d", nn.BatchNorm1d(4), VECTOR),
    ("batch_norm2d", nn.BatchNorm2d(4, eps=1e-3, momentum=0.01), IMAGE),
    ("batch_norm3d", nn.BatchNorm3d(4), VOLUME),
    ("group_norm", nn.GroupNorm(2, 4), IMAGE),
    ("instance_norm", nn.InstanceNorm2d(4, affine=True), IMAGE),
    ("layer_norm", nn.LayerNorm(4), TOKENS),
    ("rms_norm", nn.RMSNorm(4, eps=1e-6), TOKENS),
    ("prelu", nn.PReLU(4), IMAGE),
    ("max_pool2d", nn.MaxPool2d(3, 2, 1), IMAGE),
    ("avg_pool2d", nn.AvgPool2d(2), IMAGE),
    ("avg_pool2d", nn.AvgPool2d(3, 1, 1, count_include_pad=False), IMAGE),
    ("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d(1), IMAGE),
    ("adaptive_max_pool2d", nn.AdaptiveMaxPool2d((2, 2)), IMAGE),
    ("flatten", nn.Flatten(), IMAGE),
    ("dropout", nn.Dropout(0.1), IMAGE),
    ("shift2d", written(lambda x: F.pad(x, (-1, 1, -1, 1))), IMAGE),
    ("zero", written(lambda x: x.new_zeros((x.shape[0], 2, 3))), IMAGE),
    ("zero", written(torch.zeros_like), IMAGE),
    ("concat", written(lambda x: torch.cat([x, x], dim=1)), IMAGE),
    ("add", written(lambda x: x + x), IMAGE),
    ("mul", written(lambda x: x * x), IMAGE),
]
CALLS = [
    (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), IMAGE, "conv2d"),
    (nn.Conv2d(4, 6, 3, dilation=(1, 2)), IMAGE, None),
    (nn.Conv1d(4, 6, 2, padding="same"), SEQUENCE, None),
    (nn.BatchNorm2d(4, affine=False), IMAGE, None),
    (nn.BatchNorm2d(4, track_running_stats=False), IMAGE, None),
    (nn.GroupNorm(2, 4, affine=False), IMAGE, None),
    (nn.InstanceNorm2d(4), IMAGE, None),
    (nn.LayerNorm((64, 4)), TOKENS, None),
    (nn.LayerNorm(4, elementwise_affine=False), TOKENS, None),
    (nn.RMSNorm(4), TOKENS, None),
    (nn.MaxPool2d(3, 2, ceil_mode=True), IMAGE, None),
    (nn.MaxPool2d(2, 1, dilation=2), IMAGE, None),
    (nn.MaxPool2d(2, (1, 2)), IMAGE, None),
    (nn.AvgPool2d(3, 1, 1), IMAGE, None),
    (nn.AvgPool2d(2, divisor_override=3), IMAGE, None),
    (nn.AdaptiveAvgPool2d((2, 3)), IMAGE, None),
    (nn.AdaptiveAvgPool2d((None, 2)), IMAGE, None),
    (nn.Flatten(2), IMAGE, None),
    (nn.LeakyReLU(0.2), IMAGE, None),
    (nn.ELU(2.0), IMAGE, None),
    (nn.GELU(approximate="tanh"), IMAGE, None),
    (nn.Softplus(beta=2), IMAGE, None),
    (nn.Hardtanh(-2, 2), IMAGE, None),
    (written(lambda x: F.pad(x, (1, 1, 1, 1))), IMAGE, None),
    (written(lambda x: F.pad(x, (-1, 1, -1, 1), value=1.0)), IMAGE, None),
    (written(lambda x: torch.cat([x, x], dim=2)), IMAGE, None),
    (written(lambda x: torch.add(x, x, alpha=2)), IMAGE, None),
    (written(lambda x: x + 1), IMAGE, None),
    (written(lambda x: x * 2), IMAGE, None),
]


def name_of_case(value: object) -> str | None:
    return None if isinstance(value, torch.Tensor) else str(value).partition("\n")[0]


@pytest.mark.parametrize(("kind", "model", "x"), TYPED, ids=name_of_case)
def test_layers_of_the_vocabulary_are_typed(kind, model, x) -> None:
    assert [op.kind for op in ops(model, x)] == [kind]


@pytest.mark.parametrize(("model", "x", "behind"), CALLS, ids=name_of_case)
def test_calls_that_match_no_operation_stay_calls(model, x, behind) -> None:
    kinds = [op.kind for op in ops(model, x)]
    assert "call" in kinds
    assert set(kinds) <= {"call", "parameter", "constant", behind}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_activation_is_recognised_by_its_function(function) -> None:
    model = written(lambda x: FUNCTIONS[function](x))
    assert ops(model, IMAGE) == [Activation(function=function)]


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.ReLU(inplace=True), "relu"),
        (nn.Hardtanh(0.0, 6.0), "relu6"),
        (nn.GELU(), "gelu"),
        (nn.LeakyReLU(), "leaky_relu"),
        (nn.Softplus(), "softplus"),
    ],
)
def test_activations_with_the_usual_constants_are_typed(module, function) -> None:
    # behind another, for in-place forms
    assert ops(nn.Sequential(nn.Tanh(), module), IMAGE)[1] == Activation(function=function)


def test_sizes_are_written_in_one_way() -> None:
    same = [Conv2d(out_channels=6, bias=True)]
    for padding in (1, (1, 1), "same"):
        assert ops(nn.Conv2d(4, 6, 3, padding=padding), IMAGE) == same
    assert ops(nn.MaxPool2d(3, 2, 1), IMAGE) == [MaxPool2d(stride=2)]
    assert ops(written(torch.zeros_like), IMAGE) == [Zero(shape=(4, 8, 8))]


def test_a_sum_of_several_is_one_operation() -> None:
    model = written(lambda x: x + x.exp() + x.sin() + x)
    assert [op.kind for op in ops(model, IMAGE)] == ["call", "call", "add"]


def test_a_part_of_a_sum_that_is_read_again_stays() -> None:
    def reading(x):
        part = x + x
        return part + x, part

    imported = checked(written(lambda x: torch.cat(reading(x))), IMAGE)
    assert [node.op.kind for node in imported.graph.nodes] == ["add", "add", "call"]


def test_tied_weights_are_parameters_of_their_own() -> None:
    layer = nn.Conv2d(4, 4, 3, padding=1)
    imported = checked(Written(lambda self, x: self.conv(self.conv(x)), conv=layer), IMAGE)
    nodes = imported.graph.nodes
    assert [node.op.kind for node in nodes] == ["parameter", "parameter", "call", "call"]
    assert imported.names == {"conv.weight.value": "conv.weight", "conv.bias.value": "conv.bias"}
    assert isinstance(nodes[2].op, Call)

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.checkpoint import checkpoint

from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.training.config import TrainConfig
from nas.training.descent import Descent
from nas.training.layout import takes_channels_last
from nas.training.safe_convolution import safe_convolutions
from search_spaces import names
from tests.nas.training.strided_toys import run
from tests.nas.training.train_toys import toy_data
from tests.search_spaces.tasks import is_for_nodes

CPU = torch.device("cpu")


@st.composite
def convolutions(draw):
    """Arguments of a convolution of 1, 2 or 3 dimensions."""
    dims, kernel = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2]))
    groups = draw(st.sampled_from([1, 2]))
    stride = draw(st.lists(st.integers(1, 3), min_size=dims, max_size=dims))
    padding = draw(st.sampled_from([0, 1, "valid", [1] * dims]))
    channels = draw(st.sampled_from([2, 12, 40])) * groups
    torch.manual_seed(draw(st.integers(0, 9)))
    x = torch.randn(2, channels, *draw(st.lists(st.integers(3, 6), min_size=dims, max_size=dims)))
    weight = torch.randn(4, channels // groups, *[kernel] * dims)
    return dims, x, weight, stride, padding, groups, draw(st.booleans())


def outcome(call, x, weight):
    """Output of a convolution, and gradients of input and weight."""
    leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    output = call(*leaves)
    return [output.detach(), *torch.autograd.grad(output.square().sum(), leaves)]


@given(convolutions())
@settings(max_examples=40, deadline=None)
def test_a_safe_convolution_computes_the_same(arguments):
    dims, x, weight, stride, padding, groups, last = arguments

    def call(x, weight):
        function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[dims]
        return function(x, weight, stride=stride, padding=padding, groups=groups)

    expected = outcome(call, x, weight)
    if last:
        x = x.movedim(1, -1).contiguous().movedim(-1, 1)
    with safe_convolutions(CPU):
        found = outcome(call, x, weight)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("channels", "stride"), [(12, 1), (32, 2)])
def test_strides_of_few_channels_alone_are_taken_before_the_convolution(channels, stride):
    convolution = nn.Conv2d(channels, 4, 1, stride=2)
    images = torch.randn(1, channels, 4, 4).contiguous(memory_format=torch.channels_last)
    with safe_convolutions(CPU):
        output = convolution(images)
    saved = output.grad_fn._saved_stride  # what oneDNN sees in the backward pass
    assert saved == (stride, stride)


def test_networks_that_compute_parts_again_in_the_backward_pass_are_trained():
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, 4, 1, stride=2), nn.Tanh())
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            return self.head(checkpoint(self.body, x, use_reentrant=False).mean((2, 3)))

    module = Checkpointed()
    weight = module.body.get_parameter("0.weight")
    start = weight.detach().clone()
    assert not takes_channels_last(module, toy_data())
    batch = next(toy_data().train.batches(8))
    Descent(module, TrainConfig(), KINDS.get(IMAGE_CLASSIFICATION), CPU).step(
        batch, 1.0, where="the first step"
    )
    assert not torch.equal(weight, start)


def test_training_on_large_maps_survives_strided_convolutions_of_few_channels():
    assert run("learn_shortcuts()") == "done\n"


@pytest.mark.slow
def test_training_on_photos_survives_the_networks_of_every_space():
    spaces = [name for name in names() if not is_for_nodes(name)]
    assert run(f"learn_spaces({spaces})").split() == [*spaces, "done"]  # ends where it died

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nas.compile.module import to_module
from nas.training.device import channels_last_for
from nas.training.layout import takes_channels_last
from tests.nas.training.train_toys import toy_data, toy_graph

LAST = torch.channels_last


class Viewing(nn.Module):
    """Takes maps apart in the order in which they lie in memory, in training alone or always."""

    seen: Tensor

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.always = always
        self.calls = 0
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen += torch.ones(())
        x = self.conv(x)
        return x.view(len(x), -1) if self.always or self.training else x.flatten(1)


def layout(network: nn.Module) -> bool:
    """Whether a network is given images in channels-last layout."""
    (images,) = channels_last_for(network, (torch.randn(2, 3, 4, 4),))
    return images.is_contiguous(memory_format=LAST)


def test_modules_that_take_any_layout() -> None:
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    assert takes_channels_last(plain, toy_data())


@pytest.mark.parametrize("always", [False, True])
def test_modules_that_rely_on_the_order_in_memory_are_found_and_left_as_they_were(always) -> None:
    module = Viewing(always=always)
    assert not takes_channels_last(module, toy_data())
    assert (module.calls, float(module.seen), module.conv.weight.grad) == (0, 0.0, None)


def test_images_are_laid_out_like_the_weights() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(4, 4))
    assert not layout(module)
    assert layout(module.to(memory_format=LAST))  # type: ignore[call-overload]
    assert layout(to_module(toy_graph()))


def test_an_image_of_one_channel_is_in_plain_order() -> None:
    images = torch.randn(2, 4, 4, 1).permute(0, 3, 1, 2)
    (given,) = channels_last_for(nn.Conv2d(1, 4, 3), (images,))
    assert given.stride() == (16, 16, 4, 1)
    assert torch.equal(given, images)

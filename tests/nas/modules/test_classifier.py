from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nas.modules.classifier import Classifier, first_tensor

ONE, TWO = torch.ones(2, 3), torch.zeros(2, 3)


@pytest.mark.parametrize(
    "output", [ONE, (ONE, TWO), [ONE], {"logits": ONE, "aux": TWO}, ((ONE,),)]
)
def test_the_first_output_counts(output: Any) -> None:
    assert first_tensor(output) is ONE


class Viewing(nn.Module):
    """Views convolved images as rows, which fails in channels-last layout."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).view(len(x), -1)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_in_the_layout_that_users_expect(channels: int) -> None:
    network, images = Viewing(channels), torch.randn(5, channels, 8, 8)
    last = images.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(Classifier(network)(last), network(images))


def test_images_of_another_size_are_brought_to_that_of_the_network() -> None:
    resized = Classifier(nn.Identity(), 16)
    flat, images = torch.full((1, 1, 8, 8), 3.0), torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(resized(flat), torch.full((1, 1, 16, 16), 3.0))
    assert torch.equal(resized(images), images)

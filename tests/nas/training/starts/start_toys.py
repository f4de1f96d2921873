"""Small networks and separable samples, for tests of starts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas.training.starts.given import Given, given_tensors


def images(count: int = 96, classes: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Noisy images (n, 3, 8, 8); those of class ``k`` have stripes of width ``k + 1``."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    columns = torch.arange(8)[None] // (labels[:, None] + 1) % 2
    stripes = columns[:, None, None].expand(count, 3, 8, 8).float()
    return 2 * stripes + 0.5 * torch.randn(count, 3, 8, 8, generator=draw), labels


def given(count: int = 96, classes: int = 3, seed: int = 0) -> Given:
    return given_tensors(*images(count, classes), classes, seed=seed)


def convolutional(classes: int = 3) -> nn.Sequential:
    """A convolution, a grouped, a depthwise one, norms, and a head."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.Conv2d(12, 12, 3, padding=1, groups=12),
        nn.ReLU(),
        nn.Conv2d(12, 16, 3, stride=2, dilation=2, padding=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, classes),
    )


ENDS_WITHOUT_A_MATRIX = tuple(
    (layer, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for layer in (
        nn.Conv2d(3, 3, 3),
        nn.Conv2d(3, 3, 1, groups=3),
        nn.ConvTranspose2d(3, 3, 1),
        nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 1)),
    )
)
"""Ends of networks for three classes; what gives the scores is no matrix, or none of its own."""


class Transformer(nn.Module):
    """Patches, one block of torch's attention with layer scale, and a head."""

    def __init__(self, width: int = 12, classes: int = 3) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 1e-4))
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)  # (B, T, D)
        y = self.norm(x)
        x = x + self.drop(self.attention(y, y, y, need_weights=False)[0])
        x = x + self.scale * self.down(self.up(x).relu())
        scores: Tensor = self.head(x.mean(1))
        return scores

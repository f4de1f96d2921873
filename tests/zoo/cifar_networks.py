"""Networks for CIFAR as their papers define them, in plain torch.

He et al. 2015 (section 4.2), Zagoruyko & Komodakis 2016, Huang et al. 2017, and VGG
(Simonyan & Zisserman 2014) with batch norms and one linear layer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.golden import golden
from tests.zoo.zoo_network import ZooNetwork, images

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = 10


def conv(c_in: int, c_out: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False)


class PaddedSubsampling(nn.Module):
    """Shortcut option A: every second pixel, missing channels zero."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.missing = c_out - c_in

    def forward(self, x: Tensor) -> Tensor:
        half = self.missing // 2
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, self.missing - half))


class BasicBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, stride: int, option: str) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(c_in, c_out, 3, stride), nn.BatchNorm2d(c_out)
        self.conv2, self.bn2 = conv(c_out, c_out), nn.BatchNorm2d(c_out)
        self.shortcut: nn.Module = nn.Identity()
        if c_in != c_out:
            self.shortcut = {
                "A": PaddedSubsampling(c_in, c_out),
                "B": nn.Sequential(conv(c_in, c_out, 1, stride), nn.BatchNorm2d(c_out)),
            }[option]

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """ResNet of 6n + 2 layers."""

    def __init__(self, depth: int, option: str) -> None:
        super().__init__()
        self.conv, self.bn = conv(3, 16), nn.BatchNorm2d(16)
        blocks, c_in = [], 16
        for stage, c_out in enumerate((16, 32, 64)):
            for index in range((depth - 2) // 6):
                stride = 2 if stage and not index else 1
                blocks.append(BasicBlock(c_in, c_out, stride, option))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(x.mean(dim=(2, 3)))


class WideBlock(nn.Module):
    """Norms and activations before the convolutions; a projection reads what they give."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(c_in), conv(c_in, c_out, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(c_out), conv(c_out, c_out)
        self.projection = conv(c_in, c_out, 1, stride) if c_in != c_out else None

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(x))
        shortcut = x if self.projection is None else self.projection(y)
        return self.conv2(F.relu(self.bn2(self.conv1(y)))) + shortcut


class WideResNet(nn.Module):
    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.conv = conv(3, 16)
        blocks, c_in = [], 16
        for stage, c_out in enumerate((16 * width, 32 * width, 64 * width)):
            for index in range((depth - 4) // 6):
                blocks.append(WideBlock(c_in, c_out, 2 if stage and not index else 1))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.bn, self.fc = nn.BatchNorm2d(c_in), nn.Linear(c_in, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.blocks(self.conv(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class DenseLayer(nn.Module):
    def __init__(self, c_in: int, growth: int, bottleneck: bool) -> None:
        super().__init__()
        steps = [nn.BatchNorm2d(c_in), nn.ReLU(inplace=True)]
        if bottleneck:
            steps += [conv(c_in, 4 * growth, 1), nn.BatchNorm2d(4 * growth), nn.ReLU(inplace=True)]
            c_in = 4 * growth
        self.steps = nn.Sequential(*steps, conv(c_in, growth))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.steps(x)], dim=1)


def transition(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(c_in), nn.ReLU(inplace=True), conv(c_in, c_out, 1), nn.AvgPool2d(2)
    )


def dense_net(depth: int, growth: int, bottleneck: bool = False) -> nn.Sequential:
    """Three dense blocks; with bottlenecks also halved at the transitions (DenseNet-BC)."""
    channels = 2 * growth if bottleneck else 16
    steps: list[nn.Module] = [conv(3, channels)]
    for block in range(3):
        if block:
            narrowed = channels // 2 if bottleneck else channels
            steps.append(transition(channels, narrowed))
            channels = narrowed
        for _ in range((depth - 4) // (6 if bottleneck else 3)):
            steps.append(DenseLayer(channels, growth, bottleneck))
            channels += growth
    head = nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(*steps, *head, nn.Linear(channels, CLASSES))


def vgg(*convs: int) -> nn.Sequential:
    """Convolutions in each of five stages, which end with a pool."""
    steps: list[nn.Module] = []
    c_in = 3
    for count, c_out in zip(convs, (64, 128, 256, 512, 512), strict=True):
        for _ in range(count):
            steps += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.ReLU(True)]
            c_in = c_out
        steps.append(nn.MaxPool2d(2))
    return nn.Sequential(*steps, nn.Flatten(), nn.Linear(512, CLASSES))


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    **{
        f"ResNet-{depth} option {option}": partial(ResNet, depth, option)
        for depth in (20, 32, 44, 56, 110)
        for option in "AB"
    },
    **{
        f"WRN-{depth}-{width}": partial(WideResNet, depth, width)
        for depth, width in [(16, 8), (22, 8), (28, 10), (40, 1), (40, 2), (40, 4), (40, 8)]
    },
    "DenseNet(L=40,k=12)": partial(dense_net, 40, 12),
    "DenseNet(L=100,k=12)": partial(dense_net, 100, 12),
    "DenseNet-BC(L=100,k=12)": partial(dense_net, 100, 12, bottleneck=True),
    "DenseNet-BC(L=250,k=24)": partial(dense_net, 250, 24, bottleneck=True),
    "DenseNet-BC(L=190,k=40)": partial(dense_net, 190, 40, bottleneck=True),
    "VGG-11-BN": partial(vgg, 1, 1, 2, 2, 2),
    "VGG-16-BN": partial(vgg, 2, 2, 3, 3, 3),
    "VGG-19-BN": partial(vgg, 2, 2, 4, 4, 4),
}

QUICK = {"ResNet-20 option A", "ResNet-20 option B", "WRN-40-1", "DenseNet-BC(L=100,k=12)"}

CIFAR_NETWORKS = [
    ZooNetwork(
        name=name,
        build=BUILDERS[name],
        inputs=images(3, 32, 32),
        params=params,
        slow=name not in QUICK,
    )
    for name, params in golden("cifar").items()
]

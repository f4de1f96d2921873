"""Small networks over images: layers and functions that a classifier may be made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tests.zoo.zoo_network import ZooNetwork, images

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = 10


def classifier(*layers: nn.Module, channels: int = 8) -> nn.Sequential:
    """Layers over (B, 3, 12, 12) that end in (B, channels, H, W), and a head."""
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)
    )


def plain_cnn() -> nn.Module:
    first = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
    return classifier(*first, nn.Conv2d(8, 16, 3, stride=2), nn.GELU(), channels=16)


def mlp() -> nn.Module:
    hidden = nn.Linear(3 * 12 * 12, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 16)
    return nn.Sequential(nn.Flatten(), *hidden, nn.Tanh(), nn.Linear(16, CLASSES))


def conv_channels(channels: int) -> nn.Module:
    return classifier(nn.Conv2d(3, channels, 3), nn.ReLU(), nn.Conv2d(channels, 8, 3))


def batch_norm1d() -> nn.Module:
    hidden = nn.Linear(3 * 12 * 12, 16), nn.BatchNorm1d(16), nn.ReLU()
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(16, CLASSES))


def auto_encoder() -> nn.Module:
    down = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU()
    up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid()
    return nn.Sequential(*down, *up, nn.ConvTranspose2d(4, 3, 2, groups=1, bias=False))


def conv3d() -> nn.Module:
    steps = nn.Conv3d(3, 8, 3, stride=(1, 2, 2), padding=1), nn.BatchNorm3d(8), nn.ReLU()
    pool = nn.MaxPool3d(2), nn.AdaptiveAvgPool3d(1), nn.Flatten()
    return nn.Sequential(*steps, *pool, nn.Linear(8, CLASSES))


def odd_convs() -> nn.Module:
    """Rectangular windows, string padding, reflection, dilation, depthwise with multiplier."""
    return classifier(
        nn.Conv2d(3, 6, (1, 5), padding="same", bias=False),
        nn.Conv2d(6, 12, 3, padding=2, dilation=2, groups=6),
        nn.Conv2d(12, 8, (3, 1), stride=(2, 1), padding=(1, 0), padding_mode="reflect"),
        nn.Hardswish(),
        nn.Conv2d(8, 8, 3, padding=1, padding_mode="circular", groups=2),
    )


def pools() -> nn.Module:
    return classifier(
        nn.Conv2d(3, 8, 3),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.AvgPool2d(2, stride=1, padding=1, count_include_pad=False),
        nn.LPPool2d(2, 2),
        nn.AdaptiveMaxPool2d((2, 1)),
    )


def activations() -> nn.Module:
    functions = nn.SiLU(), nn.ELU(), nn.LeakyReLU(0.2), nn.Mish(), nn.Softplus(), nn.Hardtanh()
    return classifier(nn.Conv2d(3, 8, 3), *functions, nn.GELU("tanh"), nn.Softmax(dim=1))


class SqueezeExcitation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.reduce, self.expand = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        gate = self.expand(self.reduce(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return self.head((x * gate).mean((2, 3)))


class UNet(nn.Module):
    """Interpolation, padding, slices and concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.up = nn.Conv2d(8, 8, 3, padding=1)
        self.out = nn.Conv2d(11, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.interpolate(self.down(x), scale_factor=2, mode="nearest")
        y = F.interpolate(self.up(y), size=x.shape[-2:], mode="bilinear", align_corners=False)
        y = F.pad(y[:, :, 1:-1, 1:-1], (1, 1, 1, 1), mode="replicate")
        y = torch.cat([x[..., ::1], y.flip(-1)], dim=1)
        return self.out(y)[:, :, 2:-2, 3:]


class InPlace(nn.Module):
    """Values changed where they are, read before and after."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        before = y.mean((2, 3))
        y += 1
        y[:, 0] = 0.5
        y[:, 1:3].mul_(2)
        y = self.act(y.transpose_(2, 3))
        return self.head((y.sum((2, 3)) - before).clamp_(max=90))


class Arithmetic(nn.Module):
    """Python operators and tensor methods, numbers on either side."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = 1 - 0.5 * self.conv(2 * x - 1) / 3
        z = torch.where(y > 0, y**2, -y) + (y.abs() + 1e-3).sqrt().reciprocal()
        w = torch.maximum(y, z.clamp(-1, 1)) - torch.addcmul(y, z, z, value=0.1)
        w = (w - w.amax((2, 3), keepdim=True)).exp() * (w >= 0).to(w.dtype)
        return self.head(F.normalize(w.flatten(2).sum(-1), dim=1).neg())


class PixelShuffles(nn.Module):
    """Channels to space and back, channel shuffle, split and unbind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 16, 3, padding=1), nn.Linear(16, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = F.pixel_shuffle(self.conv(x), 2)
        y = F.pixel_unshuffle(y, 2)
        b, c, h, w = y.shape
        y = y.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)
        first, second = y.chunk(2, dim=1)
        third, fourth, fifth = torch.split(second, [2, 2, 4], dim=1)
        left, right = first.unflatten(1, (2, 4)).unbind(1)
        y = torch.cat([left.roll(1, -1), right, third, fourth.rot90(2, (2, 3)), fifth], 1)
        return self.head(y.mean((-1, -2)))


class StandardisedWeights(nn.Module):
    """A convolution whose weight is computed from its parameter (Qiao et al. 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.gain = nn.Parameter(torch.ones(8, 1, 1, 1))
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        w = self.conv.weight
        mean, var = w.mean((1, 2, 3), keepdim=True), w.var((1, 2, 3), keepdim=True)
        y = F.conv2d(x, self.gain * (w - mean) / (var + 1e-5).sqrt(), self.conv.bias, padding=1)
        return self.head(y.relu().mean((2, 3)))


class DynamicConv(nn.Module):
    """Kernels mixed for each sample, run as groups of one convolution (Chen et al. 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(4, 8, 3, 3, 3))
        self.router, self.head = nn.Linear(3, 4), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        mixture = self.router(x.mean((2, 3))).softmax(-1)  # (B, 4)
        kernels = torch.einsum("bk,koihw->boihw", mixture, self.kernels)
        y = F.conv2d(x.reshape(1, b * c, h, w), kernels.flatten(0, 1), padding=1, groups=b)
        return self.head(y.view(b, 8, h, w).mean((2, 3)))


class LayerScaled(nn.Module):
    """ConvNeXt's block: channels last, a learned factor for each channel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 8, 2, 2), nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm, self.wide = nn.LayerNorm(8), nn.Linear(8, 16)
        self.narrow, self.gamma = nn.Linear(16, 8), nn.Parameter(1e-6 * torch.ones(8))
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.narrow(F.gelu(self.wide(y)))
        return self.head((x + y.permute(0, 3, 1, 2)).mean((2, 3)))


class LinearAttention(nn.Module):
    """Pixels attend to pixels; the layer norm spans channels and rows."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Conv2d(3, 24, 1, bias=False)
        self.norm = nn.LayerNorm([8, 144])
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).flatten(2).chunk(3, dim=1)  # (B, 8, T)
        context = torch.einsum("bdt,bet->bde", k.softmax(-1), v)
        y = torch.einsum("bde,bdt->bet", context, q.softmax(1))
        return self.head(self.norm(y).mean(-1))


class Spectral(nn.Module):
    """Filters in the Fourier domain: complex numbers inside (Rao et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Parameter(torch.randn(3, 12, 7, 2))
        self.head = nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        spectrum = torch.fft.rfft2(x, norm="ortho") * torch.view_as_complex(self.filter)
        y = torch.fft.irfft2(spectrum, s=x.shape[-2:], norm="ortho")
        return self.head(y.square().mean((2, 3)))


def weight_norm() -> nn.Module:
    return classifier(parametrizations.weight_norm(nn.Conv2d(3, 8, 3)), nn.ReLU())


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "plain CNN": plain_cnn,
    "MLP": mlp,
    "conv with 10 channels": lambda: conv_channels(10),
    "conv with 20 channels": lambda: conv_channels(20),
    "group norm": lambda: classifier(nn.Conv2d(3, 8, 3), nn.GroupNorm(4, 8), nn.ReLU()),
    "batch norm 1d": batch_norm1d,
    "batch norm without affine": lambda: classifier(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, affine=False), nn.ReLU()
    ),
    "batch norm without statistics": lambda: classifier(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, track_running_stats=False), nn.ReLU()
    ),
    "auto-encoder": auto_encoder,
    "instance norm": lambda: classifier(
        nn.Conv2d(3, 8, 3), nn.InstanceNorm2d(8, affine=True), nn.ReLU()
    ),
    "instance norm with statistics": lambda: classifier(
        nn.Conv2d(3, 8, 3), nn.InstanceNorm2d(8, affine=True, track_running_stats=True), nn.ReLU()
    ),
    "local response norm": lambda: classifier(nn.Conv2d(3, 8, 3), nn.LocalResponseNorm(3)),
    "PReLU": lambda: classifier(nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.Conv2d(8, 8, 1), nn.PReLU()),
    "odd convolutions": odd_convs,
    "pools": pools,
    "activations": activations,
    "squeeze-excitation": SqueezeExcitation,
    "U-net": UNet,
    "in place": InPlace,
    "arithmetic": Arithmetic,
    "pixel shuffles": PixelShuffles,
    "standardised weights": StandardisedWeights,
    "dynamic convolution": DynamicConv,
    "layer scale": LayerScaled,
    "linear attention": LinearAttention,
    "Fourier filter": Spectral,
    "weight norm": weight_norm,
}

IMAGE_NETWORKS = [
    *(ZooNetwork(name, build, images(3, 12, 12)) for name, build in BUILDERS.items()),
    ZooNetwork("conv 3d", conv3d, images(3, 6, 8, 8)),
]

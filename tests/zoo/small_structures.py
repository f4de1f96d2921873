"""Small networks that are unusual in how they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.zoo_network import ZooNetwork, images

if TYPE_CHECKING:
    from tests.zoo.zoo_network import Inputs

CLASSES = 10


def two_images(size: int) -> Inputs:
    source = torch.Generator().manual_seed(size)
    return tuple(torch.randn(size, 3, 8, 8, generator=source) for _ in range(2))


class TiedConv(nn.Module):
    """One layer run three times, its norm twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, padding=1)
        self.norm, self.head = nn.BatchNorm2d(8), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(self.stem(x)))
        x = self.norm(self.conv(x.relu()))
        return self.head(self.conv(x).mean((2, 3)))


class TiedWeights(nn.Module):
    """Layers of their own with one weight between them, once transposed."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.again = nn.Linear(192, 16), nn.Linear(192, 16)
        self.again.weight = self.encode.weight
        self.back = nn.Parameter(torch.zeros(192))

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        code = self.encode(x).relu() + self.again(-x).relu()
        return F.linear(code, self.encode.weight.t(), self.back)


class SharedModule(nn.Module):
    """One layer registered in several places."""

    def __init__(self) -> None:
        super().__init__()
        shared = nn.Conv2d(3, 3, 3, padding=1)
        self.first = nn.Sequential(shared, nn.BatchNorm2d(3), nn.ReLU())
        self.second = nn.Sequential(nn.Sequential(shared), nn.Flatten(), nn.Linear(192, CLASSES))
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


class CachedBias(nn.Module):
    """LeViT's biases, looked up once for each device."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, CLASSES)
        self.table = nn.Parameter(torch.randn(4))
        self.index: Tensor
        self.register_buffer("index", torch.arange(8) % 4)
        self.cache: dict[str, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        place = str(x.device)
        if place not in self.cache:
            self.cache[place] = self.table[self.index]
        return self.head(self.conv(x).mean((2, 3)) + self.cache[place])


class RawParameters(nn.Module):
    """Weights without a layer, alone, in a list and in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(8, 3, 3, 3))
        self.list = nn.ParameterList([torch.randn(8, 8) for _ in range(2)])
        self.dict = nn.ParameterDict({"scale": torch.ones(8), "shift": torch.zeros(8)})
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(x, self.weight).mean((2, 3))
        for weight in self.list:
            x = (x @ weight).relu()
        return self.head(self.dict["scale"] * x + self.dict["shift"])


class TwoHeads(nn.Module):
    """A tuple is returned."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.classes, self.boxes = nn.Linear(8, CLASSES), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.body(x).mean((2, 3))
        return self.classes(x), self.boxes(x).sigmoid()


class NamedOutputs(TwoHeads):
    """A dictionary with a list in it is returned."""

    def forward(self, x: Tensor) -> dict[str, Tensor | list[Tensor]]:  # type: ignore[override]
        features = self.body(x)
        x = features.mean((2, 3))
        return {"features": features, "heads": [self.classes(x), self.boxes(x)]}


class TwoInputs(nn.Module):
    """A Siamese network: one body, two images."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 16))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return F.cosine_similarity(self.body(x), self.body(y))


class FrozenConv(nn.Module):
    """A convolution that was not to be trained."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3).requires_grad_(False), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


class Unused(nn.Module):
    """Layers and a parameter that nothing reads, one whose result is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.idle = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)
        self.dropped, self.head = nn.Linear(8, 8), nn.Linear(8, CLASSES)
        self.spare = nn.Parameter(torch.zeros(5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).mean((2, 3))
        self.dropped(x)
        return self.head(x)


class ShapeBranch(nn.Module):
    """Control flow on shapes and on options."""

    def __init__(self, deep: bool = True) -> None:
        super().__init__()
        self.deep = deep
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.ModuleDict({"a": nn.Conv2d(8, 8, 1), "b": nn.Conv2d(8, 8, 3)})
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = self.conv(x)
        while x.shape[-1] > 2:
            x = F.avg_pool2d(x, 2)
        if self.deep and x.shape[1] == 8 and skip is None:
            x = self.blocks["a"](x)
        if x.dim() == 4 and x.size(2) * x.size(3) == 4:
            x = x.flatten(2).mean(-1)
        else:
            x = self.blocks["b"](x).flatten(2).mean(-1)
        return self.head(x)


class DataBranch(nn.Module):
    """A branch on values: what the example takes is the network."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Linear(3, CLASSES), nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = x.square().mean((2, 3))
        return self.large(x) if x.sum() > 1e3 else self.small(x)


class Scripted(nn.Module):
    """A part whose code is out of reach."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        part = nn.Sequential(nn.Conv2d(8, 8, 3), nn.ReLU())
        self.part = torch.jit.script(part)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.part(self.conv(x)).mean((2, 3)))


class NestedBlock(nn.Module):
    """A block with parameters of its own beside those of its layers, nested in itself."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.layer = nn.Linear(8, 8)
        self.inner = NestedBlock(depth - 1) if depth else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.scale * self.layer(x).relu()
        return y if self.inner is None else y + self.inner(y)


def nested() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 8), nn.Flatten(), NestedBlock(2), nn.Linear(8, CLASSES))


class CountingNorm(nn.Module):
    """Buffers that are read: statistics by hand, an integer, one that is not saved."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, CLASSES)
        self.mean: Tensor
        self.steps: Tensor
        self.pixels: Tensor
        self.register_buffer("mean", torch.randn(8))
        self.register_buffer("steps", torch.tensor(3))
        self.register_buffer("pixels", torch.rand(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.steps += 1
        x = self.conv(x - self.pixels).mean((2, 3)) - self.mean
        return self.head(x / self.steps)


class Fused(nn.Module):
    """A custom gradient, and a function from another library of functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = StraightThrough.apply(self.conv(x))
        return self.head(torch.special.expit(x).mean((2, 3)))


class StraightThrough(torch.autograd.Function):
    """Rounds; the gradient passes."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return (x * 8).round() / 8

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return gradients[0]


IMAGES = images(3, 8, 8)

STRUCTURE_NETWORKS = [
    ZooNetwork("tied convolution", TiedConv, IMAGES),
    ZooNetwork("tied weights", TiedWeights, IMAGES),
    ZooNetwork("shared module", SharedModule, IMAGES),
    ZooNetwork("cached bias", CachedBias, IMAGES),
    ZooNetwork("raw parameters", RawParameters, IMAGES),
    ZooNetwork("two heads", TwoHeads, IMAGES),
    ZooNetwork("named outputs", NamedOutputs, IMAGES),
    ZooNetwork("two inputs", TwoInputs, two_images),
    ZooNetwork("frozen convolution", FrozenConv, IMAGES, kept=("conv",)),
    ZooNetwork("unused layers", Unused, IMAGES, unused=("idle", "dropped", "spare")),
    ZooNetwork("branch on shapes", ShapeBranch, IMAGES, unused=("blocks.b",)),
    ZooNetwork("branch on values", DataBranch, IMAGES, unused=("large",), fixed=True),
    ZooNetwork("scripted part", Scripted, IMAGES, opaque=("part",)),
    ZooNetwork("nested blocks", nested, IMAGES),
    ZooNetwork("buffers", CountingNorm, IMAGES),
    ZooNetwork("custom gradient", Fused, IMAGES),
]

"""Networks with strided convolutions, trained for a few steps in a process of their own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas.compile.module import to_module
from nas.space.candidate import sample
from nas.task.batch import Batch
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.task.task import Task
from nas.training.config import TrainConfig
from nas.training.descent import Descent


class Shortcut(nn.Module):
    """Strided pointwise convolutions as layers and as functions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.both = nn.Conv2d(channels, channels, 1, stride=2, bias=False)
        self.high = nn.Conv2d(channels, channels, 1, stride=(2, 1))
        self.weight = nn.Parameter(torch.randn(channels, channels, 1, 1))
        self.head = nn.Linear(channels, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        first = self.both(x) + F.conv2d(x, self.weight, stride=2)
        scores: Tensor = self.head(first.mean((2, 3)) + self.high(x).mean((2, 3)))
        return scores


def learn(network: nn.Module, size: int, *, batch: int, steps: int) -> None:
    """Take steps on random images of four classes as the trainer takes them."""
    layout = torch.channels_last
    module = network.to(memory_format=layout).train()  # type: ignore[call-overload]
    descent = Descent(
        module, TrainConfig(lr=1e-3), KINDS.get(IMAGE_CLASSIFICATION), torch.device("cpu")
    )
    for step in range(steps):
        images = torch.randn(batch, 3, size, size)
        descent.step(Batch((images,), torch.arange(batch) % 4), 1.0, where=f"step {step}")


def learn_shortcuts() -> None:
    """Train networks of few channels."""
    for channels in (3, 12):
        learn(Shortcut(channels), 64, batch=8, steps=3)


def learn_spaces(names: list[str]) -> None:
    """Train networks of these spaces, the name of each printed before."""
    for name in names:
        print(name, flush=True)
        learn_space(name)


def learn_space(name: str) -> None:
    """Train small networks of a space of images on photos of 224 pixels."""
    from search_spaces import get

    space = get(name, Task(classes=4, channels=3, resolution=224))
    sizes = space.proxy_sizes()
    draw = np.random.default_rng(0)
    for channels in (12, 16) if "channels" in sizes else (0,):
        given = {**sizes, "channels": channels} if channels else sizes
        learn(to_module(sample(space.at(**given), draw).network), 224, batch=2, steps=1)


def run(call: str) -> str:
    """What a call of a function in this file prints, or how its process has died."""
    program = f"from tests.nas.training.strided_toys import *; {call}; print('done')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.stdout or f"exit code {done.returncode}: {done.stderr}"

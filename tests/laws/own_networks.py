"""Modules of users with what a graph in evaluation mode does not hold."""

from __future__ import annotations

import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Convolutional(nn.Module):
    """Dropout of features; maps are viewed as vectors; a norm counts its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.head = nn.Linear(6 * 64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        scores: Tensor = self.head(F.dropout(x.view(len(x), -1), 0.4, self.training))
        return scores


class Recurrent(nn.Module):
    """Dropout between the layers of an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 12, 2, batch_first=True, dropout=0.5)
        self.head = nn.Linear(12, 10)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.lstm(x.flatten(1, 2))[0][:, -1])
        return scores


class Attentive(nn.Module):
    """Dropout of attention."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1, 2)
        scores: Tensor = self.head(self.attention(x, x, x, need_weights=False)[0].mean(1))
        return scores


class Stochastic(nn.Module):
    """Depth at random, written by hand; two layers share their weights; scores in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 64)
        self.second = nn.Linear(64, 64)
        self.second.weight = self.first.weight
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = x.flatten(1)
        for layer, draw in ((self.first, random.random), (self.second, np.random.random)):
            if not self.training:
                x = x + 0.5 * layer(x)
            elif draw() < 0.5:
                x = x + layer(x)
        return {"scores": self.head(x)}


class Frozen(nn.Module):
    """A table that is not learnt, and a scale that starts at zero."""

    def __init__(self) -> None:
        super().__init__()
        table = torch.sin(torch.arange(64.0)).view(8, 8)
        self.table = nn.Parameter(table, requires_grad=False)
        self.scale = nn.Parameter(torch.zeros(8))
        self.mix = nn.Linear(8, 8)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1, 2) + self.table
        x = x + self.scale * self.mix(F.dropout(x, 0.2, self.training))
        scores: Tensor = self.head(x.mean(1))
        return scores


class Normed(nn.Module):
    """A batch norm written by hand, with names of its own, behind a noise."""

    mean: Tensor
    var: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 1, stride=2)
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("var", torch.ones(4))
        self.gain = nn.Parameter(torch.ones(4))
        self.shift = nn.Parameter(torch.zeros(4))
        self.head = nn.Linear(4 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        if self.training:
            x = x + 0.1 * torch.randn_like(x)
        x = F.batch_norm(x, self.mean, self.var, self.gain, self.shift, self.training)
        scores: Tensor = self.head(x.flatten(1))
        return scores


NETWORKS: tuple[type[nn.Module], ...] = (
    Convolutional,
    Recurrent,
    Attentive,
    Stochastic,
    Frozen,
    Normed,
)

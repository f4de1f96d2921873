"""Small hypernetworks and small architectures, for tests of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from hypernets.card import HypernetCard
from hypernets.cards import VOCABULARY_VERSION
from hypernets.config import HypernetConfig
from hypernets.families import HYPERNETS
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.config import from_mapping
from nas.data.catalog import load
from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.space.candidate import sample
from nas.space.search_space import SearchSpace
from search_spaces.registry import get

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.data.dataset import Dataset
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

SMALL = {"hidden": 8, "layers": 2, "heads": 2, "rank": 4, "max_channels": 8, "max_kernel": 5}


@cache
def digits() -> Dataset:
    return load("digits")


def tiny_space(name: str = "nb201") -> SearchSpace:
    sizes = {"nb201": {"channels": 4, "cells": 1}, "darts": {"channels": 4, "cells": 3}}
    return get(name, digits().task, **sizes[name])


@dataclass(frozen=True, kw_only=True)
class Mixed(SearchSpace):
    """A few small networks, some of which overflow."""

    name: ClassVar[str] = "mixed"
    description: ClassVar[str] = "sound and overflowing networks"
    source: ClassVar[str] = "tests"

    kinds: tuple[str, ...] = ("sound", "small", "linear")
    channels: int = 8

    def build(self, trial: Trial) -> Graph:
        kind = trial.suggest_categorical("kind", self.kinds)
        side = self.task.resolution
        b = GraphBuilder()
        x = b.input((1, self.task.channels, side, side))
        if kind == "linear":
            return b.build(b.classifier(x, self.task.classes))
        if kind == "deep":
            for channels in (8, 16):
                x = b.relu(b.batch_norm(b.conv2d(x, channels, stride=channels // 8)))
            return b.build(b.classifier(x, self.task.classes))
        x = b.relu(b.conv2d(x, self.channels, 1 if kind == "small" else 3, bias=True))
        if kind == "overflowing":
            for _ in range(12):
                x = b.mul(x, x)
        return b.build(b.classifier(x, self.task.classes))


def mixed(*kinds: str) -> Mixed:
    return Mixed(task=digits().task, kinds=kinds or Mixed.kinds)


def samples(space: SearchSpace, count: int, seed: int = 0) -> list[Graph]:
    rng = np.random.default_rng(seed)
    return [sample(space, rng).graph for _ in range(count)]


def make_card(config: HypernetConfig, hypernet: str = "ghn2", **changes: Any) -> HypernetCard:
    values: dict[str, Any] = {
        "name": "toy",
        "hypernet": hypernet,
        "config": asdict(config),
        "vocabulary": VOCABULARY_VERSION,
        "space": "nb201",
        "proxy": {"channels": 4, "cells": 1},
        "dataset": "digits",
        "fingerprint": digits().fingerprint,
        "channels": 1,
        "classes": config.classes,
    }
    return HypernetCard(**{**values, **changes})


def make_hypernet(
    hypernet: str = "ghn2", *, seed: int = 0, card: dict[str, Any] | None = None, **settings: Any
) -> GraphHyperNetwork:
    """A random hypernetwork of the family."""
    config = from_mapping(
        HypernetConfig, {**HYPERNETS.get(hypernet).settings, **SMALL, **settings}
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return GraphHyperNetwork(config, make_card(config, hypernet, **(card or {})))


def chain(
    *layers: Callable[[GraphBuilder, Value], Value], channels: int = 8, classes: int = 10
) -> Graph:
    """A stem, the layers one after another, and a classifier."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 8, 8)), channels, name="stem")
    for layer in layers:
        x = layer(b, x)
    return b.build(b.classifier(x, classes))


def every_role() -> Graph:
    """Every kind of parameter: biased, grouped, dilated, wide and long convolutions, all norms."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 8, 8)), 6, 7, bias=True, name="stem")
    a = b.group_norm(b.conv2d(x, 6, (1, 7), groups=3, name="grouped"), 3)
    c = b.batch_norm(b.conv2d(x, 6, 3, groups=6, dilation=2, name="depthwise"))
    x = b.relu(b.add(a, c))
    x = b.concat(b.max_pool(x), b.conv2d(x, 20, 1, name="wide"))
    dead = b.conv2d(x, 4, name="dead")
    assert dead.channels == 4
    x = b.flatten(b.global_avg_pool(b.identity(x)))
    x = b.layer_norm(b.activation(b.linear(x, 24), "gelu"))
    x = b.linear(x, 12)
    return b.build(b.op(Linear(out_features=10, head=True), x, name="classifier"))

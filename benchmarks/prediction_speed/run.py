"""What predicting weights costs, in forward passes of the networks they are for.

The first table is the yardstick of the published graph hypernetworks: one DARTS network of 36
channels and 20 cells, batch of one 32x32 image. The second is the search's own: a generation of
32 NASNet candidates on digits, predicted and then scored on 256 images.

    python benchmarks/prediction_speed/run.py
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import torch

import search_spaces
from hypernets.card import HypernetCard
from hypernets.config import HypernetConfig
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.compile.module import to_module
from nas.data.catalog import load
from nas.evaluate.scorer import ScoreConfig, Scorer
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces import Edge, Genotype

if TYPE_CHECKING:
    from collections.abc import Callable

DARTS_V2 = Genotype(
    normal=(
        (Edge("sep_conv_3x3", 0), Edge("sep_conv_3x3", 1)),
        (Edge("sep_conv_3x3", 0), Edge("sep_conv_3x3", 1)),
        (Edge("sep_conv_3x3", 1), Edge("skip_connect", 0)),
        (Edge("skip_connect", 0), Edge("dil_conv_3x3", 2)),
    ),
    normal_concat=(2, 3, 4, 5),
    reduce=(
        (Edge("max_pool_3x3", 0), Edge("max_pool_3x3", 1)),
        (Edge("skip_connect", 2), Edge("max_pool_3x3", 1)),
        (Edge("max_pool_3x3", 0), Edge("skip_connect", 2)),
        (Edge("skip_connect", 2), Edge("max_pool_3x3", 1)),
    ),
    reduce_concat=(2, 3, 4, 5),
)
"""Liu et al. 2019, as published with the program."""


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Median wall time of one call, after a warm-up."""
    run()
    taken = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        taken.append(perf_counter() - start)
    return median(taken)


def hypernetwork(task: Task, space: str, proxy: dict[str, int]) -> GraphHyperNetwork:
    """A GHN-2 as it is before training; its speed does not depend on its weights."""
    config = HypernetConfig(classes=task.classes)
    card = HypernetCard(
        name="untrained",
        hypernet="ghn2",
        config={},
        vocabulary=0,
        space=space,
        proxy=proxy,
        dataset="",
        fingerprint="",
        channels=task.channels,
        classes=task.classes,
    )
    return GraphHyperNetwork(config, card).eval()


def darts(repeats: int) -> None:
    """Prediction for one large network against its forward pass."""
    task = Task(channels=3, resolution=32, classes=10)
    space = search_spaces.get("darts", task, channels=36, cells=20)
    text = DARTS_V2.to_json()
    graph = space.graph(text)
    hypernet = hypernetwork(task, "darts", {})
    module = to_module(graph).eval()
    image = torch.randn(1, 3, 32, 32)
    build = seconds(lambda: space.graph(text), repeats)
    predict = seconds(lambda: hypernet.predict([graph]), repeats)
    forward = seconds(lambda: module(image), repeats)
    print(f"DARTS-V2, C=36, 20 cells, {len(graph.nodes)} nodes, batch 1, 32x32")
    print(f"  graph from genotype  {1e3 * build:8.1f} ms")
    print(f"  prediction           {1e3 * predict:8.1f} ms")
    print(f"  forward pass         {1e3 * forward:8.1f} ms")
    print(f"  ratio                {predict / forward:8.2f}")


def generation(repeats: int) -> None:
    """Prediction for a generation of candidates against scoring it."""
    data = load("digits")
    space = search_spaces.get("nasnet", data.task)
    proxy = {"channels": 8, "cells": 1, "resolution": 8}
    hypernet = hypernetwork(data.task, "nasnet", proxy)
    draw = rng(0, "benchmark")
    candidates = [sample(space, draw) for _ in range(32)]
    graphs = [space.at(**proxy).graph(entry.params).simplified for entry in candidates]
    scorer = Scorer(hypernet, data, ScoreConfig(images=256))
    predict = seconds(lambda: hypernet.predict(graphs), repeats)
    whole = seconds(lambda: scorer(candidates), repeats)
    print("generation of 32 nasnet candidates on digits, 256 images")
    print(f"  prediction           {1e3 * predict:8.1f} ms")
    print(f"  the rest of scoring  {1e3 * (whole - predict):8.1f} ms")
    print(f"  ratio                {predict / (whole - predict):8.2f}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with torch.no_grad():
        darts(arguments.repeats)
        generation(arguments.repeats)


if __name__ == "__main__":
    main()

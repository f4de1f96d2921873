"""Whether weights as a function of coordinates serve widths that were not trained.

    python -m benchmarks.papers.neumeta

A ResNet-20 for digits whose blocks have ``w``, ``2w`` and ``4w`` inner channels in the three
stages. A ``neumeta`` hypernetwork is trained on even widths and judged on odd ones, beside
networks of those widths that are trained themselves. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from time import process_time
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.papers.results_file import FOLDER, ResultsFile, Row
from hypernets.card import HypernetCard
from hypernets.cards import VOCABULARY_VERSION
from hypernets.config import HypernetConfig
from hypernets.families import HYPERNETS
from hypernets.graph_hypernetwork import GraphHyperNetwork
from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module
from nas.config import from_mapping
from nas.data import catalog
from nas.graph.builder import GraphBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph

    Weights = Callable[[int], Mapping[str, Tensor]]

STREAM = (8, 16, 32)
DEPTH = 3
SEEN, UNSEEN = range(4, 11, 2), range(5, 11, 2)
SETTINGS = {"max_channels": 40, "max_kernel": 3}
BATCH = 64
OWN_STEPS, OWN_RATE = 400, 2e-3
HYPERNET_STEPS, HYPERNET_RATE = 1000, 1e-3


def resnet20(width: int) -> Graph:
    """The network with ``width`` inner channels in the blocks of its first stage."""
    b = GraphBuilder()
    x = b.relu(b.batch_norm(b.conv2d(b.input((1, 1, 8, 8)), STREAM[0])))
    for stage, channels in enumerate(STREAM):
        for block in range(DEPTH):
            with b.scope(f"stage{stage}.block{block}"):
                stride = 2 if stage and not block else 1
                y = b.relu(b.batch_norm(b.conv2d(x, width * 2**stage, stride=stride)))
                y = b.batch_norm(b.conv2d(y, channels))
                shortcut = b.conv2d(x, channels, 1, stride=2) if stride == 2 else x
                x = b.relu(b.add(y, shortcut))
    return b.build(b.classifier(x, 10))


GRAPHS = {width: resnet20(width) for width in (*SEEN, *UNSEEN)}


def train(
    weights: Weights,
    learned: Sequence[nn.Parameter],
    widths: Sequence[int],
    data: Dataset,
    *,
    steps: int,
    rate: float,
    seed: int,
) -> None:
    """Train the parameters that the weights of networks depend on; each step draws a width."""
    draw = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(learned, lr=rate, weight_decay=1e-2)
    for step in range(steps):
        done = step / steps
        optimiser.param_groups[0]["lr"] = rate * min(1, 20 * done, 1 - done)
        width = widths[int(torch.randint(len(widths), (), generator=draw))]
        batch = data.train.drawn(BATCH, draw)
        logits = apply(GRAPHS[width], weights(width), *batch.inputs)
        optimiser.zero_grad()
        F.cross_entropy(logits, batch.labels).backward()
        nn.utils.clip_grad_norm_(learned, 5.0)
        optimiser.step()


@torch.no_grad()
def accuracy(width: int, weights: Weights, data: Dataset) -> float:
    """Test accuracy in %, batch norms calibrated on the training images."""
    graph, params = GRAPHS[width], weights(width)
    statistics = calibrate(graph, params, *data.train.whole().inputs)
    (images,), labels = data.test.whole()
    logits = apply(graph, {**params, **statistics}, images)
    return round(100 * float((logits.argmax(1) == labels).float().mean()), 2)


def own(width: int, data: Dataset, seed: int) -> Row:
    """Accuracy of a network of one width that is trained itself."""
    torch.manual_seed(seed)
    began = process_time()
    weights = dict(to_module(GRAPHS[width]).named_parameters())
    train(
        lambda _: weights,
        list(weights.values()),
        [width],
        data,
        steps=OWN_STEPS,
        rate=OWN_RATE,
        seed=seed,
    )
    seconds = round(process_time() - began, 1)
    return {str(width): accuracy(width, lambda _: weights, data), "seconds": seconds}


def predicted(data: Dataset, seed: int) -> Row:
    """Accuracies at all widths with the weights of a hypernetwork trained on even ones."""
    torch.manual_seed(seed)
    began = process_time()
    model = hypernetwork(data)

    def weights(width: int) -> Mapping[str, Tensor]:
        return model.predict([GRAPHS[width]])[0]

    train(
        weights,
        list(model.parameters()),
        SEEN,
        data,
        steps=HYPERNET_STEPS,
        rate=HYPERNET_RATE,
        seed=seed,
    )
    seconds = round(process_time() - began, 1)
    found = {str(width): accuracy(width, weights, data) for width in sorted(GRAPHS)}
    return {**found, "seconds": seconds}


def hypernetwork(data: Dataset) -> GraphHyperNetwork:
    """A fresh ``neumeta``."""
    settings = {**HYPERNETS.get("neumeta").settings, **SETTINGS}
    config = from_mapping(HypernetConfig, settings)
    card = HypernetCard(
        name="resnet20",
        hypernet="neumeta",
        config=asdict(config),
        vocabulary=VOCABULARY_VERSION,
        space="resnet20",
        proxy={},
        dataset=data.name,
        fingerprint=data.fingerprint,
        channels=1,
        classes=10,
    )
    return GraphHyperNetwork(config, card)


def main() -> None:
    """Print the accuracy at each width, predicted and after own training."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--results", type=Path, default=FOLDER / "neumeta.json")
    given = parser.parse_args()
    torch.set_num_threads(1)
    data = catalog.load("digits").at(8)
    results = ResultsFile(given.results)

    hypernets = [
        results.row(f"neumeta, seed {seed}, {HYPERNET_STEPS} steps", predicted, data, seed)
        for seed in given.seeds
    ]
    for width in sorted(GRAPHS):
        print(width, mean(hypernets, str(width)), end=" | ")
    print("CPU s", mean(hypernets, "seconds"))
    for width in UNSEEN:
        rows = [
            results.row(f"own, width {width}, seed {seed}", own, width, data, seed)
            for seed in given.seeds
        ]
        print(f"own training of {width}:", mean(rows, str(width)), "CPU s", mean(rows, "seconds"))


def mean(rows: Sequence[Row], key: str) -> str:
    """The mean of a column."""
    return f"{fmean(row[key] or 0 for row in rows):.1f}"


if __name__ == "__main__":
    main()

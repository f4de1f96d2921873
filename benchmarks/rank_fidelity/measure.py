"""Figures of architectures whose accuracy is known, measured as a search measures them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.swap import ActivationPatterns
from benchmarks.ranking.synflow import synflow
from hypernets.checkpoint import load
from nas.analysis.cost import cost
from nas.compile.apply import apply, calibrate
from nas.evaluate.naswot import ActivationKernel
from nas.evaluate.readout import HeadFeatures, readout
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.evaluate.untrained import UNTRAINED, UntrainedWeights
from nas.events import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from benchmarks.truth.table import Known, TruthTable
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.graph.node import Node
    from nas.space.search_space import SearchSpace

GENERAL = {"cifar10": "deepnets-cifar10"}
"""The hypernetwork for spaces that it has not seen, by data set; others have untrained weights."""

OWN = {"nb201": "nb201-cifar10", "resnet": "resnet-cluttered-digits"}
"""Hypernetworks trained in the space of a family."""

FOREIGN = {"cora": "gnn-cora"}
"""Hypernetworks of another space, taken as if they were general, by data set."""

_BATCH = 8

_NASWOT_IMAGES, _SWAP_IMAGES = 64, 16
"""Images whose activation patterns are compared."""

GRAPHS = "graphs"
"""Folder of the tables of graph networks."""

FIGURES = {"naswot", "readout", "swap", "synflow"}
"""Figures with untrained weights."""


def measure(
    table: TruthTable, data: Dataset, count: int, seed: int, folder: Path, listen: Listener
) -> None:
    """Measure what the file of a table does not hold yet: one row for each architecture.

    A row holds the architecture, its accuracies, its choices, its costs at full size, and figures
    with the weights of each hypernetwork and untrained ones. Tables of graph networks lie in a
    folder of their own, as figures of images do not apply to them.
    """
    if data.task.traits.on_graph:
        folder = folder / GRAPHS
        folder.mkdir(exist_ok=True)
    file = folder / f"{table.name}{store.SUFFIX}"
    rows: list[dict[str, Any]] = store.read(file)["rows"] if file.exists() else []
    done = {row["architecture"] for row in rows}
    space = table.search_space(data.task)
    drawn = table.draw(space, count, seed)
    missing = [one for one in drawn if one.candidate.architecture not in done]
    general = GENERAL.get(table.dataset, UNTRAINED)
    scorers = _scorers(table, general, data)
    about = {
        "measures": table.measures,
        "family": table.family,
        "kind": data.task.kind,
        "general": general,
    }
    with stage(listen, table.name, len(drawn)) as progress:
        for first in range(0, len(missing), _BATCH):
            rows += _measured(missing[first : first + _BATCH], scorers)
            store.write(file, {**about, "rows": rows})
            progress.advance(len(rows))
    if data.task.traits.on_graph:
        for row in rows:  # of the figures with untrained weights these apply
            row["untrained"] = {name: row["general"][name] for name in ("naswot", "readout")}
        store.write(file, {**about, "rows": rows})
        return
    with stage(listen, f"{table.name}, untrained", len(rows)) as progress:
        for number in _add_untrained(rows, drawn, scorers["general"].proxy(space), data):
            store.write(file, {**about, "rows": rows})
            progress.advance(number)


def _scorers(table: TruthTable, general: str, data: Dataset) -> dict[str, Scorer]:
    """By whose weights they score with: general or untrained ones, own and foreign ones."""
    own, foreign = OWN.get(table.family), FOREIGN.get(table.dataset)
    found = {
        "general": Scorer(
            UntrainedWeights(data.task) if general == UNTRAINED else load(general), data
        )
    }
    if own:
        found["own"] = Scorer(load(own), data)
    if foreign:
        hypernet = load(foreign)
        hypernet.card = replace(hypernet.card, general=True)
        found["foreign"] = Scorer(hypernet, data)
    return found


def _measured(known: Sequence[Known], scorers: dict[str, Scorer]) -> list[dict[str, Any]]:
    candidates = [one.candidate for one in known]
    estimates = {name: scorer(candidates) for name, scorer in scorers.items()}
    return [
        {
            "architecture": one.candidate.architecture,
            "accuracies": one.accuracies,
            "choices": dict(one.candidate.params),
            "costs": asdict(cost(one.candidate.network)),
            **{
                name: asdict(found[place]) if isinstance(found[place], Estimate) else None
                for name, found in estimates.items()
            },
        }
        for place, one in enumerate(known)
    ]


def _add_untrained(
    rows: Sequence[dict[str, Any]], drawn: Sequence[Known], proxy: SearchSpace, data: Dataset
) -> Iterator[int]:
    """Add the figures that need no learnt weights to rows that lack one; the numbers of rows."""
    candidates = {one.candidate.architecture: one.candidate for one in drawn}
    small = data.at(proxy.task.resolution)
    for number, row in enumerate(rows, 1):
        one = candidates.get(row["architecture"])
        known = row.get("untrained", {})
        if one is not None and known.keys() != FIGURES:
            network = proxy.graph(one.params).simplified
            row["untrained"] = known | untrained_figures(network, small, FIGURES - known.keys())
            yield number


@torch.no_grad()
def untrained_figures(
    network: Graph, data: Dataset, wanted: Collection[str] = FIGURES
) -> dict[str, float]:
    """Figures with torch's initial weights, on as many images as a search takes."""
    config, kernel, patterns = (
        ScoreConfig(),
        ActivationKernel(slice(_NASWOT_IMAGES)),
        ActivationPatterns(_SWAP_IMAGES),
    )
    (params,) = UntrainedWeights(data.task).predict([network])

    def observe(node: Node, inputs: list[Tensor]) -> None:
        kernel(node, inputs)
        patterns(node, inputs)

    def read_out() -> float:
        head, batch = HeadFeatures(network), data.val.spread(config.images).whole()
        apply(network, {**params, **statistics}, *batch.inputs, observe=head)
        assert head.features is not None
        return readout(head.features, F.one_hot(batch.labels, data.task.classes))

    images = data.train.spread(config.calibration).whole().inputs
    statistics = calibrate(network, params, *images, observe=observe)
    figures: dict[str, Callable[[], float]] = {
        "naswot": kernel.logdet,
        "readout": read_out,
        "swap": lambda: patterns.count,
        "synflow": lambda: synflow(network, params),
    }
    return {name: figure() for name, figure in figures.items() if name in wanted}

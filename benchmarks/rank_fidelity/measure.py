"""Figures of architectures whose accuracy is known, measured as a search measures them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from benchmarks.rank_fidelity import store
from hypernets.checkpoint import load
from nas.analysis.cost import cost
from nas.compile.apply import apply, calibrate
from nas.evaluate.naswot import ActivationKernel
from nas.evaluate.readout import HeadFeatures, readout
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.evaluate.untrained import UntrainedWeights
from nas.events import stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.truth.table import Known, TruthTable
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.graph.graph import Graph

GENERAL = "deepnets-cifar10"
"""The hypernetwork for spaces that it has not seen."""

OWN = {"nb201": "nb201-cifar10"}
"""Hypernetworks trained in the space of a family."""

UNTRAINED = "untrained"

_BATCH = 8

_PATTERNS = 64


def measure(
    table: TruthTable, data: Dataset, count: int, seed: int, folder: Path, listen: Listener
) -> None:
    """Measure what the file of a table does not hold yet: one row for each architecture.

    A row holds the architecture, its accuracies, its choices, its costs at full size, and figures
    with the weights of each hypernetwork and untrained ones.
    """
    file = folder / f"{table.name}{store.SUFFIX}"
    rows: list[dict[str, Any]] = store.read(file)["rows"] if file.exists() else []
    done = {row["architecture"] for row in rows}
    space = table.search_space(data.task)
    drawn = table.draw(space, count, seed)
    missing = [one for one in drawn if one.candidate.architecture not in done]
    own = OWN.get(table.family)
    general = load(GENERAL)
    small = data.at(general.card.proxy["resolution"])
    scorers = {
        "general": Scorer(general, data),
        **({"own": Scorer(load(own), data)} if own else {}),
    }
    with stage(listen, table.name, len(drawn)) as progress:
        for first in range(0, len(missing), _BATCH):
            known = missing[first : first + _BATCH]
            rows += _measured(known, scorers)
            for one, row in zip(known, rows[-len(known) :], strict=True):
                network = scorers["general"].proxy(space).graph(one.candidate.params).simplified
                row[UNTRAINED] = untrained_figures(network, small)
            about = {"measures": table.measures, "family": table.family}
            store.write(file, {**about, "rows": rows})
            progress.advance(len(rows))


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


@torch.no_grad()
def untrained_figures(network: Graph, data: Dataset) -> dict[str, float]:
    """NASWOT and read-out with torch's initial weights, on as many images as a search takes."""
    config, patterns, head = (
        ScoreConfig(),
        ActivationKernel(slice(_PATTERNS)),
        HeadFeatures(network),
    )
    (params,) = UntrainedWeights(data.task).predict([network])
    images = data.train.spread(config.calibration).whole().inputs
    ready = {**params, **calibrate(network, params, *images, observe=patterns)}
    batch = data.val.spread(config.images).whole()
    apply(network, ready, *batch.inputs, observe=head)
    assert head.features is not None
    truth = F.one_hot(batch.labels, data.task.classes)
    return {"naswot": patterns.logdet(), "readout": readout(head.features, truth)}

"""Figures of architectures before any of them is trained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.nas_bench_graph.depth import longest_path
from benchmarks.nas_bench_graph.readout import Readout
from benchmarks.ranking.untrained import untrained
from nas.analysis.cost import cost
from nas.evaluate.scorer import Estimate, Scorer
from nas.events import stage
from nas.files import write_text
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace

    Floats = NDArray[np.float64]

TREE = {"channels": 512, "post": False}
"""The network whose random weights are read out: wide, and without the layer behind the tree."""

_GENERATION = 20


@dataclass(frozen=True, eq=False)
class Scored:
    """Architectures, one row each.

    Attributes:
        keys: In the notation of the space.
        figures: By name, each (N,), as measured.
    """

    keys: Sequence[str]
    figures: Mapping[str, Floats]

    def at(self, rows: NDArray[np.int_]) -> Scored:
        """Some of the architectures."""
        return Scored(
            [self.keys[row] for row in rows],
            {name: values[rows] for name, values in self.figures.items()},
        )


def scored(
    keys: Sequence[str],
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    file: Path,
    listen: Listener,
) -> Scored:
    """Figures of architectures, read from a file of lines that grows until it holds them all.

    Args:
        keys: Architectures.
        space: At full size; the predictor's card says at which size it scores.
        data: Cora.
        predictor: A hypernetwork trained in this space.
        file: Where lines are, or are to be written.
        listen: Hears of progress.
    """
    known = _read(file)
    missing = [key for key in keys if key not in known]
    scorer, readout = Scorer(predictor, data), Readout(data)
    write_text(file, "".join(json.dumps(row) + "\n" for row in known.values()))
    with stage(listen, "scoring", len(missing)) as progress, file.open("a") as lines:
        for first in range(0, len(missing), _GENERATION):
            for row in _measured(missing[first : first + _GENERATION], space, scorer, readout):
                known[row["key"]] = row
                lines.write(json.dumps(row) + "\n")
            lines.flush()
            progress.advance(min(first + _GENERATION, len(missing)))
    rows = [known[key] for key in keys]
    names = list(rows[0]["figures"])
    return Scored(
        keys,
        {name: np.array([row["figures"][name] for row in rows], float) for name in names},
    )


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """Whole lines of a file; the last one may have been cut off."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [json.loads(line) for line in lines if line.endswith("\n")]
    return {row["key"]: row for row in rows}


def _measured(
    keys: Sequence[str], space: SearchSpace, scorer: Scorer, readout: Readout
) -> list[dict[str, Any]]:
    candidates = [candidate(space, key) for key in keys]
    rows = []
    for one, estimate in zip(candidates, scorer(candidates), strict=True):
        graph, tree = one.graph.simplified, space.at(**TREE).graph(one.params).simplified
        figures: dict[str, float] = {"untrained_readout": readout(tree, [untrained(tree, 0)])}
        figures |= asdict(cost(graph)) | {"longest_path": longest_path(graph)}
        known = asdict(estimate) if isinstance(estimate, Estimate) else {}
        figures |= {name: known.get(name, np.nan) for name in Estimate.__annotations__}
        rows.append({"key": one.architecture, "figures": figures})
    return rows

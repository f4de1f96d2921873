"""Measured architectures of a table as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rank_fidelity import store
from nas.analysis.figure import FIGURES, oriented
from nas.evaluate.score_aggregate import ScoreAggregate, confirmed
from nas.evaluate.untrained import UNTRAINED
from nas.study.selection.regressor import LEARNED_FROM
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


_WORST = -1e30
"""The place of a network without the figure."""

COSTS = ("params", "macs", "activation_bytes", "layers")


@dataclass(frozen=True, eq=False)
class Pool:
    """The measured architectures of one table.

    Attributes:
        name: Name of the table.
        family: Tables of equal or similar spaces.
        truths: Accuracies (N,) by measure, higher is better.
        figures: Values (N,) by name, higher promises more: costs as they are, figures of a
            predictor with its name before a colon.
        choices: The choices of each architecture.
    """

    name: str
    family: str
    truths: Mapping[str, Floats]
    figures: Mapping[str, Floats]
    choices: Sequence[Mapping[str, object]]

    def __len__(self) -> int:
        return len(self.choices)

    def learned_from(self, predictor: str) -> list[Floats]:
        """What the regressor of a search learns from, with weights of a predictor."""
        return [
            self.figures[name if name in COSTS else f"{predictor}:{name}"] for name in LEARNED_FROM
        ]


def pools(folder: Path) -> list[Pool]:
    """The pools of all files in a folder."""
    return [_read(file) for file in sorted(folder.glob(f"*{store.SUFFIX}"))]


def _read(file: Path) -> Pool:
    document = store.read(file)
    rows = document["rows"]
    truths = np.array([row["accuracies"] for row in rows], dtype=np.float64)
    figures = {name: _column(rows, "costs", name) for name in rows[0]["costs"]}
    for predictor in ("general", "own", "foreign", "untrained"):
        measured = [row[predictor] for row in rows if row.get(predictor)]
        for name in measured[0] if measured else ():
            if all(name in one for one in measured):  # not while others are being measured
                figures[f"{predictor}:{name}"] = _column(rows, predictor, name)
    kind = KINDS.get(document.get("kind", IMAGE_CLASSIFICATION))
    untrained = document["general"] == UNTRAINED
    weights = kind.untrained_score_weights if untrained else kind.general_score_weights
    figures["general:score"] = _score(rows, weights)
    return Pool(
        name=file.name.removesuffix(store.SUFFIX),
        family=document["family"],
        truths=dict(zip(document["measures"], truths.T, strict=True)),
        figures=figures,
        choices=[row["choices"] for row in rows],
    )


def _score(
    rows: Sequence[Mapping[str, Mapping[str, float]]], weights: Mapping[str, float]
) -> Floats:
    """The score of a search without a hypernetwork of its space, the table as reference."""
    known = [{**row["costs"], **row["general"]} for row in rows if row["general"]]
    score = ScoreAggregate.fit(known, confirmed(weights, known))
    return np.array(
        [score({**row["costs"], **row["general"]}) if row["general"] else 0.0 for row in rows]
    )


def _column(rows: Sequence[Mapping[str, Mapping[str, float]]], part: str, name: str) -> Floats:
    """A figure of all rows, oriented so that higher promises more; the worst where it failed.

    Of figures that a search does not have, higher promises more.
    """
    values = np.array([row[part][name] if row.get(part) else np.nan for row in rows])
    known = oriented(name, list(values)) if name in FIGURES else values
    return np.nan_to_num(known, nan=_WORST, posinf=_WORST, neginf=_WORST)

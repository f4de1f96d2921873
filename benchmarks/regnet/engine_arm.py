"""What the engine finds: ``nas search``, its rungs included."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from time import process_time
from typing import TYPE_CHECKING, Any

from nas.evaluate.scorer import ScoreConfig
from nas.files import write_json
from nas.study.search import search

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.regnet.trainings import Scale
    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.study.result import Found as Finalist


@dataclass(frozen=True)
class Found:
    """What a search brought.

    Attributes:
        architecture: The network.
        macs: What it costs.
        test: Its accuracy on the test split.
        seconds: Of the processor, for all of the search.
        ranked_by: The score that the trust meter chose.
        finalists: What was trained, the best of the highest rung first: architecture, score,
            MACs, accuracy on the ranking split and epochs of the longest training.
    """

    architecture: str
    macs: int
    test: float
    seconds: float
    ranked_by: str
    finalists: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class EngineArm:
    """A search on the same data, its final training as long as all others.

    Attributes:
        scale: Space, limit, length of the trainings.
        data: What is trained on.
        predictor: Predicts the weights that rank.
        trials: Candidates that are scored.
        finalists: Those trained briefly.
        finalist_epochs: How long that is.
        objective: What the exploration goes by, such as ``score:max``.
    """

    scale: Scale
    data: Dataset
    predictor: WeightPredictor
    trials: int
    finalists: int
    finalist_epochs: int
    objective: str = "score:max"

    def __call__(self, seed: int, file: Path) -> Found:
        """Search, unless the file says what came of it."""
        if file.exists():
            return Found(**json.loads(file.read_text(encoding="utf-8")))
        start = process_time()
        result = search(
            self.scale.space_for(self.data),
            self.data,
            self.predictor,
            n_trials=self.trials,
            objectives=self.objective,
            constraints=f"macs<={self.scale.limit:g}",
            seed=seed,
            finalists=self.finalists,
            finalist_epochs=self.finalist_epochs,
            max_epochs=self.scale.epochs,
            scoring=ScoreConfig(),
            device="cpu",
        )
        seconds = round(process_time() - start, 2)
        best = result.best
        assert best.test_accuracy is not None
        found = Found(
            best.architecture,
            best.cost.macs,
            best.test_accuracy,
            seconds,
            result.trust.ranked_by,
            [_row(finalist) for finalist in result.finalists],
        )
        write_json(file, asdict(found))
        return found


def _row(finalist: Finalist) -> dict[str, Any]:
    return {
        "architecture": finalist.architecture,
        "score": None if finalist.score is None else round(finalist.score, 4),
        "macs": finalist.cost.macs,
        "val": finalist.val_accuracy,
        "epochs": finalist.epochs,
    }

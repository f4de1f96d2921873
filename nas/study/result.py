"""What a search has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optuna import Study
    from torch import nn

    from nas.analysis.cost import Cost
    from nas.evaluate.scorer import Estimate
    from nas.space.candidate import Candidate
    from nas.study.effort import Effort
    from nas.study.record.study_record import TrialCounts
    from nas.study.selection.trust import Trust


@dataclass(frozen=True, kw_only=True)
class Found:
    """An architecture a search came across.

    Attributes:
        candidate: The architecture, full size.
        number: Its trial.
        values: The values of the objectives.
        estimate: How it did with predicted weights.
        cost: Its analytic cost.
        val_accuracy: Accuracy on the ranking split after its longest training so far; None if it
            was not trained. What won has that of its weights; other networks on graphs have the
            mean of some epochs, see :attr:`nas.train.train.Trained.ranking_accuracy`.
        epochs: Length of that training; None if there was none.
        test_accuracy: Accuracy on the test split after its final training; None if it had none.
    """

    candidate: Candidate
    number: int
    values: tuple[float, ...]
    estimate: Estimate
    cost: Cost
    val_accuracy: float | None = None
    epochs: int | None = None
    test_accuracy: float | None = None

    def __repr__(self) -> str:
        trained = "" if self.val_accuracy is None else f", val_accuracy={self.val_accuracy:.4f}"
        known = f"score={self.score:.4f}{trained}, params={self.cost.params}"
        return f"Found(#{self.number}, {self.candidate.hash[:8]}, {known})"

    @property
    def architecture(self) -> str:
        """The architecture in the notation of its space."""
        return self.candidate.architecture

    @property
    def score(self) -> float:
        """One number for ranking, higher better."""
        return self.estimate.score

    def to_dict(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        trained = {
            "val_accuracy": self.val_accuracy,
            "test_accuracy": self.test_accuracy,
            "epochs": self.epochs,
        }
        estimate = asdict(self.estimate)
        score = estimate.pop("score")
        return {
            "architecture": self.architecture,
            "number": self.number,
            "hash": self.candidate.hash,
            "score": score,
            "values": list(self.values),
            "estimate": estimate,
            "trained": None if self.val_accuracy is None else trained,
            **asdict(self.cost),
        }


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search has found, and where it is kept.

    Attributes:
        run: The run folder, None if there is none.
        study: The Optuna study of all trials; dashboards, plots, ask and tell work on it.
        best: The finalist that was best after training; without training the first in rank.
        pareto: What no other architecture beats in every objective, as far as that was known
            before training; by score.
        finalists: What was trained, as it was after its longest training: the best of the highest
            rung first.
        best_model: The trained network of ``best``, None if no final training was asked for.
        trust: How well what was known before training has ranked the finalists on the first rung.
        rungs: What scoring and the trainings of each rung have cost; what an earlier run of the
            command has done is part of it.
        trials: How many trials ended how.
        seconds: Time spent in each stage, earlier runs of the same command included.
        files: What was written, by name.
        stopped: Why the search ended before ``n_trials``; empty if it did not.
    """

    run: Path | None
    study: Study
    best: Found
    pareto: tuple[Found, ...]
    finalists: tuple[Found, ...]
    best_model: nn.Module | None
    trust: Trust
    trials: TrialCounts
    seconds: Mapping[str, float]
    rungs: tuple[Effort, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    stopped: str = ""

    def __repr__(self) -> str:
        counts = f"{self.trials.complete} scored, {len(self.finalists)} trained"
        where = "" if self.run is None else f" in {self.run.name!r}"
        return f"SearchResult({counts}{where}; best #{self.best.number})"

    def to_dict(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "run": None if self.run is None else str(self.run),
            "study": self.study.study_name,
            "trials": asdict(self.trials),
            "best": self.best.to_dict(),
            "pareto": [found.to_dict() for found in self.pareto],
            "finalists": [found.to_dict() for found in self.finalists],
            "trust": asdict(self.trust),
            "rungs": [asdict(effort) for effort in self.rungs],
            "seconds": dict(self.seconds),
            "files": {name: str(path) for name, path in self.files.items()},
            "stopped": self.stopped,
        }

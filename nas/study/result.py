"""The result of a search."""

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
    from nas.study.finalists.effort import Effort
    from nas.study.finalists.rivals import Lead, RivalKind
    from nas.study.record.study_record import TrialCounts
    from nas.study.selection.trust import Trust


@dataclass(frozen=True, kw_only=True)
class Found:
    """An architecture of a search.

    Attributes:
        candidate: The architecture at full size.
        name: ``#12`` for trial 12; the name of a baseline.
        number: Number of its trial; None for a baseline.
        values: The values of the objectives.
        estimate: Its figures with predicted weights; None for a baseline.
        cost: Its analytic cost.
        val_accuracy: Accuracy on the ranking split after its longest training so far; None if it
            was not trained. The winner has the accuracy of its weights; on graphs, others have the
            mean of some epochs, see :attr:`nas.training.train.Trained.ranking_accuracy`.
        epochs: Length of that training; None if there was none.
        test_accuracy: Accuracy on the test split after its final training; None if it had none.
        start: Where the weights of that training came from; None if there was none.
        splits: Number of draws of the ranking split of which ``val_accuracy`` is the mean.
    """

    candidate: Candidate
    name: str
    number: int | None
    values: tuple[float, ...]
    estimate: Estimate | None
    cost: Cost
    val_accuracy: float | None = None
    epochs: int | None = None
    test_accuracy: float | None = None
    start: str | None = None
    splits: int = 1

    def __repr__(self) -> str:
        score = "" if self.score is None else f"score={self.score:.4f}, "
        trained = "" if self.val_accuracy is None else f"val_accuracy={self.val_accuracy:.4f}, "
        known = f"{score}{trained}params={self.cost.params}"
        return f"Found({self.name}, {self.candidate.hash[:8]}, {known})"

    @property
    def architecture(self) -> str:
        """The architecture in the notation of its space."""
        return self.candidate.architecture

    @property
    def score(self) -> float | None:
        """One number for ranking, higher better; None for a baseline."""
        return None if self.estimate is None else self.estimate.score

    def to_dict(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        trained = {
            "val_accuracy": self.val_accuracy,
            "test_accuracy": self.test_accuracy,
            "epochs": self.epochs,
            "init": self.start,
            "splits": self.splits,
        }
        estimate = None if self.estimate is None else asdict(self.estimate)
        score = None if estimate is None else estimate.pop("score")
        return {
            "architecture": self.architecture,
            "name": self.name,
            "number": self.number,
            "hash": self.candidate.hash,
            "score": score,
            "values": list(self.values),
            "estimate": estimate,
            "trained": None if self.val_accuracy is None else trained,
            **asdict(self.cost),
        }


@dataclass(frozen=True, kw_only=True)
class RivalResult:
    """A rival of the search, and by how much the best architecture is ahead of it.

    Attributes:
        name: Name of the baseline or the known design, or ``largest by MACs``.
        kind: ``baseline``, ``known design`` or ``largest``.
        found: The architecture, with its longest training.
        lead: The lead of the best architecture after trainings of equal length; None if there are
            none, and for the best architecture itself.
    """

    name: str
    kind: RivalKind
    found: Found
    lead: Lead | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return {
            "name": self.name,
            "kind": self.kind,
            "lead": None if self.lead is None else asdict(self.lead),
            **{key: value for key, value in self.found.to_dict().items() if key != "name"},
        }


@dataclass(frozen=True, kw_only=True)
class ProbesResult:
    """Accuracy of the probes: architectures spread evenly over the ranking.

    Attributes:
        architectures: Number of probes.
        epochs: Length of their trainings.
        mean: Mean of their accuracies on the ranking split.
        error: Standard error of the mean over architectures.
        numbers: Numbers of their trials.
    """

    architectures: int
    epochs: int
    mean: float
    error: float
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """The result of a search, and the files that hold it.

    Attributes:
        run: The run folder, None if there is none.
        study: The Optuna study of all trials; dashboards, plots, ask and tell work on it.
        best: The architecture with the best final training of all calls; without final trainings
            the best finalist, and without any training the first in rank.
        pareto: The Pareto front of the objectives as known before training, by score.
        finalists: All trained architectures with their longest training: ``best`` first, then by
            length of training, then by accuracy.
        rivals: Architectures that the search had to beat.
        probes: Accuracy of the probes; None if fewer than two were trained.
        best_model: The trained network of ``best``, None if no final training was asked for.
        trust: How well the figures known before training ranked the finalists of the first rung.
        rungs: Effort of scoring and of the trainings of each rung, earlier runs of the same
            command included.
        trials: Number of trials by outcome.
        seconds: Time spent in each stage, earlier runs of the same command included.
        samples: Sizes of the splits on which accuracies are measured: ``ranking`` and ``test``.
        files: Written files by name.
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
    rivals: tuple[RivalResult, ...]
    probes: ProbesResult | None
    seconds: Mapping[str, float]
    samples: Mapping[str, int]
    rungs: tuple[Effort, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    stopped: str = ""

    def __repr__(self) -> str:
        counts = f"{self.trials.complete} scored, {len(self.finalists)} trained"
        where = "" if self.run is None else f" in {self.run.name!r}"
        return f"SearchResult({counts}{where}; best {self.best.name})"

    def to_dict(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "run": None if self.run is None else str(self.run),
            "study": self.study.study_name,
            "trials": asdict(self.trials),
            "best": self.best.to_dict(),
            "pareto": [found.to_dict() for found in self.pareto],
            "finalists": [found.to_dict() for found in self.finalists],
            "rivals": [rival.to_dict() for rival in self.rivals],
            "probes": None if self.probes is None else asdict(self.probes),
            "trust": asdict(self.trust),
            "rungs": [asdict(effort) for effort in self.rungs],
            "seconds": dict(self.seconds),
            "samples": dict(self.samples),
            "files": {name: str(path) for name, path in self.files.items()},
            "stopped": self.stopped,
        }

"""A trainer and a scorer that look results up, for tests of decisions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import optuna

from nas.compile.module import to_module
from nas.data.digits import load
from nas.errors import TrainingError
from nas.events import Event, Listener, Noted, ignore
from nas.space.candidate import Candidate, candidate
from nas.study.finalists.contender import Contender
from nas.study.finalists.trainings import Trainings
from nas.study.record.run_folder import RunFolder
from nas.study.record.storage import open_storage
from nas.study.record.study_record import StudyRecord
from nas.study.record.trained import Training
from nas.study.search_config import SearchConfig
from nas.study.search_run import SearchRun
from nas.training.starts.default import DEFAULT
from nas.training.train import Epoch, Trained
from tests.nas.study.study_toys import toy_score, toy_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from nas.evaluate.scorer import Estimate, Failure
    from nas.modules.own_module import OwnModule
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.trainings import Finalist
    from nas.study.result import SearchResult

SPACE = toy_space(widths=tuple(range(2, 10)))
DATA = load()


def width_of(one: Candidate) -> int:
    """The channels of the first layer."""
    return int(one.params["width0"])


def by_width(one: Candidate, epochs: int, start: str) -> float:
    """Networks with more channels are better."""
    return min(width_of(one), 10) / 10


class FakeTrainer:
    """Trains nothing, and looks accuracies up; each further split costs one point.

    Args:
        accuracy: Of a network after a training of a length, from a start.
        diverges: Width of the networks that cannot be trained longer than ``after`` epochs.
        stops: The training that is interrupted, counted from 1.
        starts: The starts that suit the space.
        seconds: Time that an epoch takes.
    """

    def __init__(
        self,
        accuracy: Callable[[Candidate, int, str], float] = by_width,
        *,
        diverges: int = 0,
        after: int = 0,
        stops: int = 0,
        starts: tuple[str, ...] = (DEFAULT,),
        seconds: float = 0.0,
    ) -> None:
        self.calls: list[tuple[int, int, str]] = []
        self.hashes: list[str] = []
        self.splits: list[int] = []
        self.data = DATA
        self.seed = 0
        self._accuracy = accuracy
        self._diverges = diverges
        self._after = after
        self._stops = stops
        self._starts = starts
        self._seconds = seconds

    @property
    def trained(self) -> Counter[int]:
        """How often networks of each width were trained."""
        return Counter(width for width, _, _ in self.calls)

    @property
    def epochs(self) -> int:
        """Of all trainings."""
        return sum(epochs for _, epochs, _ in self.calls)

    def starts(self, space: SearchSpace) -> tuple[str, ...]:
        return self._starts

    def train(
        self,
        candidate: Candidate,
        epochs: int,
        start: str,
        *,
        split: int = 0,
        own: OwnModule | None = None,
        checkpoint: Path | None,
        listen: Listener,
    ) -> Trained:
        width = width_of(candidate)
        if len(self.calls) + 1 == self._stops:
            self._stops = 0
            raise KeyboardInterrupt
        self.calls.append((width, epochs, start))
        self.hashes.append(candidate.hash)
        self.splits.append(split)
        if checkpoint is not None:
            checkpoint.parent.mkdir(exist_ok=True)
            checkpoint.write_text("state")
        if width == self._diverges and epochs > self._after:
            raise TrainingError(f"the loss is nan in epoch {self._after + 1}")
        accuracy = self._accuracy(candidate, epochs, start) - split / 100
        history = (Epoch(1.0, accuracy, 1.0),) * epochs
        module = to_module(candidate.network).eval()
        return Trained(module, accuracy, accuracy, history, self._seconds * epochs)

    def test_accuracy(self, module: nn.Module) -> float:
        return 0.25

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        return self._seconds


class FakeScorer:
    """Scores wider first layers higher, without weights."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate | Failure]:
        return iter(toy_score(candidates))

    def proxy(self, space: SearchSpace) -> SearchSpace:
        return self._space


def new_record(path: Path | None = None) -> StudyRecord:
    """The record of a search for a high score, kept in a file or in memory."""
    study = optuna.create_study(
        storage=open_storage(path), direction="maximize", study_name="s", load_if_exists=True
    )
    return StudyRecord(study)


def decide(
    trainer: FakeTrainer,
    record: StudyRecord,
    out: Path | None = None,
    listen: Listener = ignore,
    *,
    space: SearchSpace = SPACE,
    baselines: Mapping[str, Candidate] | None = None,
    **settings: Any,
) -> SearchResult:
    """A whole search whose scores and trainings are looked up."""
    asked = {"n_trials": 6, "sampler": "random", "generation": 4, "out": out, **settings}
    config = SearchConfig(**asked).suited(trainer.data)
    folder = None if out is None else RunFolder(out)
    if folder is not None:
        folder.write_run(config.to_dict(), {})
    return SearchRun(
        space,
        FakeScorer(space),
        trainer,
        config,
        record,
        folder,
        listen,
        baselines=baselines or {},
    ).run()


def of_width(width: int, depth: int = 1) -> Candidate:
    """A network of equally wide layers, which may be beside the space."""
    layers = {f"width{i}": width for i in range(depth)} | {f"kernel{i}": 1 for i in range(depth)}
    return candidate(toy_space(widths=(width,)), {"label": "a", "depth": depth, **layers})


def contender(width: int, number: int | None = None) -> Contender:
    """A network that is trained."""
    one = of_width(width)
    baseline = Contender.of_baseline(f"width {width}", one)
    if number is None:
        return baseline
    return Contender(
        name=f"#{number}",
        hash=baseline.hash,
        figures=baseline.figures,
        build=lambda: one,
        number=number,
    )


def contenders(*widths: int) -> list[Contender]:
    """Trials 0, 1, ... with networks of these widths."""
    return [contender(width, number) for number, width in enumerate(widths)]


def trainings(
    trainer: FakeTrainer, record: StudyRecord, out: Path | None = None, splits: int = 1
) -> Trainings:
    """Trainings with that trainer, in a run folder or without."""
    return Trainings(trainer, record, None if out is None else RunFolder(out), splits=splits)


def measured(accuracies: Mapping[int, float], splits: int = 1) -> dict[int, Training]:
    """Trainings by their length, of an architecture with these accuracies."""
    return {
        epochs: Training(
            hash="a", epochs=epochs, start=DEFAULT, val_accuracy=accuracy, splits=splits
        )
        for epochs, accuracy in accuracies.items()
    }


def reached(rung: Sequence[Finalist]) -> list[tuple[str, float, int]]:
    """Name, accuracy and epochs of each."""
    return [(one.contender.name, one.val_accuracy, one.epochs) for one in rung]


def notes(heard: Sequence[Event]) -> list[str]:
    """The sentences among events."""
    return [event.text for event in heard if isinstance(event, Noted)]

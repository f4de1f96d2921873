"""A network trained to the end, tested once, and written out."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

from nas.analysis.cost import cost
from nas.data.fitted import fitted
from nas.errors import StudyError
from nas.events import Listener, ignore
from nas.exporting.files import Files
from nas.exporting.save import check_exportable, save
from nas.files import read_json, write_json
from nas.resume import check_same
from nas.training.config import default_training
from nas.training.evaluate import ClassAccuracy, accuracy_by_class, evaluate
from nas.training.identity import completed, training_identity
from nas.training.starts.initial import InitialWeights
from nas.training.train import check_methods, check_trainable, train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.exporting.epoch_log import OpenLog
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher

RECORD = "training.json"
CHECKPOINT = "checkpoint.safetensors"
_FORMAT = "nas-training"
_OTHER_FOLDER = "Choose another folder with --out, or delete this one."
_OTHER_RECIPE = (
    "Choose another folder with --out, or name the recipe of that training: --recipe plain is "
    "that of earlier versions."
)


@dataclass(frozen=True)
class Repeat:
    """Figures of one of several trainings that differ in their seed."""

    seed: int
    val_accuracy: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of an accuracy over several seeds."""

    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True)
class FinalTraining:
    """Figures of a training.

    Attributes:
        epochs: Passes over the training samples.
        val_accuracy: On the ranking split.
        test_accuracy: On the test split, used once.
        params: Parameters of the network.
        macs: Multiply-accumulates of one sample.
        seconds: Time of training, without interruptions.
        by_class: Accuracy on each class of the test split; empty for a regression.
        repeats: Figures of all seeds, if there are several; the others are those of the seed with
            the best accuracy on the ranking split.
    """

    epochs: int
    val_accuracy: float
    test_accuracy: float
    params: int
    macs: int
    seconds: float
    by_class: tuple[ClassAccuracy, ...] = ()
    repeats: tuple[Repeat, ...] = ()

    def spread(self, split: Literal["val", "test"]) -> Spread:
        """Mean and spread of the accuracy on a split over at least two seeds."""
        values = [getattr(one, f"{split}_accuracy") for one in self.repeats]
        return Spread(fmean(values), stdev(values))

    def card(self) -> dict[str, Any]:
        """The figures, accuracies first, without times: equal trainings write equal files."""
        figures: dict[str, Any] = {
            "test_accuracy": self.test_accuracy,
            "val_accuracy": self.val_accuracy,
            "epochs": self.epochs,
            "params": self.params,
            "macs": self.macs,
        }
        if self.repeats:
            spread = self.spread("test")
            figures["seeds"] = len(self.repeats)
            figures["mean_test_accuracy"] = spread.mean
            figures["deviation_of_test_accuracy"] = spread.deviation
        return figures


def train_and_save(
    graph: Graph,
    data: Dataset,
    directory: Path,
    config: TrainConfig | None = None,
    *,
    params: Mapping[str, Tensor] | InitialWeights | None = None,
    own: OwnModule | None = None,
    teacher: Teacher | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    log: OpenLog | None = None,
) -> FinalTraining:
    """Train, test and export a network, with a record of the training in the directory.

    The same call resumes an interrupted training; of a finished one it returns the result.

    Args:
        graph: The network.
        data: At any resolution; used at the network's.
        directory: Directory of the files of :func:`nas.exporting.save` and of the record.
        config: Epochs, rates; the task's default if None.
        params: Weights to start from, also as made from the seed; torch's defaults drawn from it
            if None.
        own: The user's module of this network, trained in its place.
        teacher: A network whose outputs it also learns.
        seed: Seed of the initial weights, the order of the images, augmentation and dropout.
        device: Device of the training.
        listen: Receives the events of every epoch.
        log: Opens a log of the epochs in the directory.

    Raises:
        GraphError: The network is not for this data, cannot be run, or has nothing to train.
        ConfigError: A method of the training cannot be used.
        ExportError: The network cannot be exported; this is found before the training.
        StudyError: The directory holds another training, or a model of another origin.
        CheckpointError: The state of the training is corrupt.
        TrainingError: The loss is no longer finite.
    """
    data = fitted(data, graph).to(device)
    config = config or default_training(data.task)
    known = training_identity(
        graph, data, config, params=params, own=own, teacher=teacher, seed=seed
    )
    result = read_result(directory, known)
    checkpoint = directory / CHECKPOINT
    if result is not None:
        checkpoint.unlink(missing_ok=True)  # left by a process that was killed at this point
        return result
    if not checkpoint.exists():
        check_trainable(graph)
        check_methods(graph, data, config, own=own, teacher=teacher)
        check_exportable(graph, data)
        if isinstance(params, InitialWeights):
            params = params.made(seed)
    write_result(directory, known, None)
    with nullcontext() if log is None else log(directory) as write:
        trained = train(
            graph,
            data,
            config,
            params=params,
            own=own,
            teacher=teacher,
            seed=seed,
            device=device,
            listen=listen,
            log=write,
            checkpoint=checkpoint,
        )
    precision = config.precision
    tested = evaluate(
        trained.module, data.test, data.task.traits, device=device, precision=precision
    )
    costs = cost(graph)
    result = FinalTraining(
        epochs=trained.epochs,
        val_accuracy=trained.val_accuracy,
        test_accuracy=tested.accuracy,
        params=costs.params,
        macs=costs.macs,
        seconds=trained.seconds,
        by_class=accuracy_by_class(
            trained.module, data, data.test, device=device, precision=precision
        ),
    )
    save(graph, trained.module, directory, own=own, data=data, figures=result.card())
    write_result(directory, known, result)
    checkpoint.unlink(missing_ok=True)
    return result


def read_result(directory: Path, known: Mapping[str, Any]) -> FinalTraining | None:
    """The result that lies in a directory, None if the training has not finished.

    Args:
        directory: Where the record and the model lie.
        known: The identity of the training.

    Raises:
        StudyError: The directory holds another training, or a model of another origin.
    """
    record, files = directory / RECORD, Files(directory)
    if not record.exists():
        if files.weights.exists():
            raise _refused(directory, f"{str(directory)!r} holds a model of another origin")
        return None
    try:
        document = read_json(record, dict, lambda why: _damaged(directory, record, why))
        before, result = dict(document["identity"]), document["result"]
        finished = None if result is None else _result(result)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(directory, record, repr(error)) from None
    before, now = completed(before), completed(known)
    differing = {key for key, value in now.items() if before.get(key) != value}
    hint = _OTHER_RECIPE if differing == {"config"} else _OTHER_FOLDER
    check_same(
        before,
        now,
        f"the training in {str(directory)!r}",
        lambda text: StudyError(text, hint=hint),
    )
    return finished if files.weights.exists() and files.source.exists() else None


def _result(entries: Mapping[str, Any]) -> FinalTraining:
    """A result as it is written; earlier versions wrote neither classes nor repeats."""
    classes = tuple(ClassAccuracy(**entry) for entry in entries.get("by_class", ()))
    repeats = tuple(Repeat(**entry) for entry in entries.get("repeats", ()))
    return FinalTraining(**{**entries, "by_class": classes, "repeats": repeats})


def write_result(directory: Path, known: Mapping[str, Any], result: FinalTraining | None) -> None:
    """Write the record of a training; None as its result until it has finished."""
    finished = None if result is None else asdict(result)
    write_json(
        directory / RECORD, {"format": _FORMAT, "identity": dict(known), "result": finished}
    )


def _damaged(directory: Path, record: Path, why: str) -> StudyError:
    return _refused(directory, f"{str(record)!r} is damaged: {why}")


def _refused(directory: Path, message: str) -> StudyError:
    return StudyError(message, hint=_OTHER_FOLDER)

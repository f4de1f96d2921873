"""A network trained to the end, tested once, and written out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

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
from nas.training.identity import training_identity
from nas.training.train import check_trainable, train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig

RECORD = "training.json"
CHECKPOINT = "checkpoint.safetensors"
_FORMAT = "nas-training"


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
    """

    epochs: int
    val_accuracy: float
    test_accuracy: float
    params: int
    macs: int
    seconds: float
    by_class: tuple[ClassAccuracy, ...] = ()


def train_and_save(
    graph: Graph,
    data: Dataset,
    directory: Path,
    config: TrainConfig | None = None,
    *,
    params: Mapping[str, Tensor] | None = None,
    own: OwnModule | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> FinalTraining:
    """Train, test and export a network, with a record of the training in the directory.

    The same call resumes an interrupted training; of a finished one it returns the result.

    Args:
        graph: The network.
        data: At any resolution; used at the network's.
        directory: Directory of the files of :func:`nas.exporting.save` and of the record.
        config: Epochs, rates; the task's default if None.
        params: Weights to start from; torch's defaults drawn from the seed if None.
        own: The user's module of this network, trained in its place.
        seed: Seed of the initial weights, the order of the images, augmentation and dropout.
        device: Device of the training.
        listen: Receives the events of every epoch.

    Raises:
        GraphError: The network is not for this data, cannot be run, or has nothing to train.
        ExportError: The network cannot be exported; this is found before the training.
        StudyError: The directory holds another training, or a model of another origin.
        CheckpointError: The state of the training is corrupt.
        TrainingError: The loss is no longer finite.
    """
    data = fitted(data, graph).to(device)
    config = config or default_training(data.task)
    known = training_identity(graph, data, config, params=params, own=own, seed=seed)
    result = _read(directory, known)
    checkpoint = directory / CHECKPOINT
    if result is not None:
        checkpoint.unlink(missing_ok=True)  # left by a process that was killed at this point
        return result
    if not checkpoint.exists():
        check_trainable(graph)
        check_exportable(graph, data)
    _write(directory, known, None)
    trained = train(
        graph,
        data,
        config,
        params=params,
        own=own,
        seed=seed,
        device=device,
        listen=listen,
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
    save(graph, trained.module, directory, own=own, data=data, figures=_card(result))
    _write(directory, known, result)
    checkpoint.unlink(missing_ok=True)
    return result


def _card(result: FinalTraining) -> dict[str, Any]:
    """The figures, accuracies first, without the time: the same training writes the same files."""
    figures = asdict(result)
    del figures["by_class"], figures["seconds"]
    return {name: figures.pop(name) for name in ("test_accuracy", "val_accuracy")} | figures


def _read(directory: Path, known: Mapping[str, Any]) -> FinalTraining | None:
    """The result that lies in a directory, None if the training has not finished."""
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
    check_same(
        before,
        known,
        f"the training in {str(directory)!r}",
        lambda text: _refused(directory, text),
    )
    return finished if files.weights.exists() and files.source.exists() else None


def _result(entries: Mapping[str, Any]) -> FinalTraining:
    """A result as it is written; earlier versions wrote no classes."""
    classes = tuple(ClassAccuracy(**entry) for entry in entries.get("by_class", ()))
    return FinalTraining(**{**entries, "by_class": classes})


def _write(directory: Path, known: Mapping[str, Any], result: FinalTraining | None) -> None:
    finished = None if result is None else asdict(result)
    write_json(
        directory / RECORD, {"format": _FORMAT, "identity": dict(known), "result": finished}
    )


def _damaged(directory: Path, record: Path, why: str) -> StudyError:
    return _refused(directory, f"{str(record)!r} is damaged: {why}")


def _refused(directory: Path, message: str) -> StudyError:
    return StudyError(message, hint="Choose another folder with --out, or delete this one.")

"""What several commands set up alike: device, threads, hypernetwork."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import click

from nas.errors import StudyError, UnknownNameError, counted
from nas.events import Noted, ignore
from nas.files import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.predictor.card import Card
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task


def use_device(
    name: str, workers: int | None = None, *, threads: int = 1
) -> tuple[torch.device, int]:
    """The device, and the number of worker threads.

    On the CPU, torch is held to one thread in each worker unless more are asked for: threads
    inside an operation wait for each other. On idle cores more of them train networks of a search
    little faster, on busy ones many times slower; and results depend on their number.

    Args:
        name: As :func:`nas.train.resolve_device` takes it.
        workers: Of them; one for each processor by default, one on CUDA.
        threads: Inside an operation of each worker.

    Raises:
        DeviceError: There is no such device.
    """
    import torch

    from nas.train.device import resolve_device

    device = resolve_device(name)
    if device.type == "cuda":
        return device, workers or 1
    torch.set_num_threads(threads)
    return device, workers or cores()


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def load_weights(
    name: str | None,
    space: SearchSpace,
    data: Dataset,
    device: torch.device,
    listen: Listener = ignore,
) -> GraphHyperNetwork:
    """The hypernetwork of that name or directory, or the shipped one that fits.

    A shipped one fits the space and data set it was trained on, and other files of the same named
    data set, such as CIFAR-10 as JPEG images; these are noted. Where there is none for the space a
    general one will do.

    Raises:
        UnknownNameError: No shipped one fits space and data set.
        CheckpointError: It cannot be read.
        ConfigError: It is for other data.
    """
    from hypernets.checkpoint import load
    from nas.evaluate.scorer import check_fits

    hypernet = load(_shipped_for(space, data, listen) if name is None else name)
    check_fits(hypernet.card, data)
    return hypernet.to(device)


def _shipped_for(space: SearchSpace, data: Dataset, listen: Listener) -> str:
    from hypernets.checkpoint import read_card, shipped

    trained = shipped()
    cards = {entry: read_card(trained.get(entry)) for entry in trained}
    fitting = [
        entry
        for entry, card in cards.items()
        if (card.space == space.name or card.general)
        and (card.fingerprint == data.fingerprint or card.dataset == data.name)
    ]
    if not fitting:
        raise UnknownNameError(
            f"no shipped hypernetwork is for space {space.name!r} on data set {data.name!r}",
            hint=f"Make one with `nas train-hypernet --space {space.name}` on this data and name "
            "it with --weights; `nas search --weights train` does both.",
        )

    def differences(entry: str) -> tuple[bool, bool]:
        card = cards[entry]
        return card.space != space.name, card.fingerprint != data.fingerprint

    entry = min(fitting, key=differences)
    other_space, other_files = differences(entry)
    trained_on = [f"networks of space {cards[entry].space!r}"] * other_space + [
        f"other files of {data.name!r}, or on another split"
    ] * other_files
    if trained_on:
        what = " and on ".join(trained_on)
        listen(
            Noted(
                text=f"Hypernetwork {entry!r} was trained on {what}; its scores may be less sure."
            )
        )
    return entry


def load_general_weights(
    name: str | None, data: Dataset, device: torch.device, listen: Listener = ignore
) -> GraphHyperNetwork:
    """The hypernetwork of that name or directory for networks of no space, or a shipped one.

    A general one that was trained on the data set comes first. It may predict for any channels and
    classes; those it was not trained for are noted.

    Raises:
        UnknownNameError: No shipped one was trained on this data set.
        CheckpointError: It cannot be read.
    """
    from hypernets.checkpoint import load

    hypernet = load(_shipped_general(data) if name is None else name)
    card, task = hypernet.card, data.task
    if not card.general:
        listen(
            Noted(
                text=f"Hypernetwork {card.name!r} was trained on networks of space "
                f"{card.space!r}; what it predicts for others may be of little use."
            )
        )
    if (card.channels, card.features, card.classes) != (
        task.channels,
        task.features,
        task.classes,
    ):
        listen(
            Noted(
                text=f"Hypernetwork {card.name!r} was trained for {_sizes(card)}, but "
                f"{data.name!r} has {_sizes(task)}: what it predicts is to be fine-tuned."
            )
        )
    return hypernet.to(device)


def _sizes(of: Card | Task) -> str:
    """Width of the inputs, and number of classes."""
    width = counted(of.features, "feature") if of.features else counted(of.channels, "channel")
    return f"{width} and {counted(of.classes, 'class')}"


def _shipped_general(data: Dataset) -> str:
    from hypernets.checkpoint import read_card, shipped

    trained = shipped()
    cards = {entry: read_card(trained.get(entry)) for entry in trained}
    fitting = [entry for entry, card in cards.items() if card.dataset == data.name]
    if not fitting:
        raise UnknownNameError(
            f"no shipped hypernetwork was trained on data set {data.name!r}",
            hint="Name one with --weights; `nas hypernets` lists them, and any of them predicts, "
            "but for other data only as a start of training.",
        )
    return min(fitting, key=lambda entry: (not cards[entry].general, entry))


def train_weights(
    space: SearchSpace,
    data: Dataset,
    directory: Path,
    steps: int,
    device: torch.device,
    workers: int,
    listen: Listener,
) -> GraphHyperNetwork:
    """The hypernetwork in a directory, trained there first if it is not finished.

    Raises:
        CheckpointError: The directory holds another hypernetwork.
        TrainingError: The loss stayed non-finite.
    """
    from hypernets.training import HypernetTraining, train_hypernet

    with alone(out_directory(directory, "")):
        return train_hypernet(
            space,
            data,
            directory,
            proxy=proxy_for(space),
            training=HypernetTraining(steps=steps, workers=workers),
            command=shlex.join(["nas", *sys.argv[1:]]),
            device=device,
            listen=listen,
        )


def proxy_for(space: SearchSpace) -> dict[str, Any]:
    """Macro sizes at which a hypernetwork of this space trains in minutes on two cores."""
    sizes = space.proxy_sizes()
    if space.task.resolution:
        sizes["resolution"] = min(space.task.resolution, 16)
    return sizes


def out_directory(path: Path | None, default: str) -> Path:
    """The folder, made if need be; ``runs/<default>`` unless one is given.

    Raises:
        StudyError: It cannot be made or written.
    """
    directory = path or Path("runs") / default
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            return directory
    except OSError as error:
        reason = "it is a file" if directory.is_file() else str(error.strerror).lower()
        raise _unusable(directory, reason) from None


def out_file(path: Path) -> Path:
    """A file that can be written, its folder being made if need be.

    Raises:
        StudyError: It is a folder, or its folder cannot be made or written.
    """
    if path.is_dir():
        raise _unusable(path, "it is a folder, expected a file")
    out_directory(path.parent, "")
    return path


def reserve(path: Path) -> None:
    """Keep other processes from writing a folder, or a file, until the command ends.

    Raises:
        StudyError: Another process writes it.
    """
    click.get_current_context().with_resource(alone(path))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes from writing a folder, or a file, while the block runs.

    Raises:
        StudyError: Another process writes it.
    """
    is_folder = path.is_dir()
    lock = path / ".lock" if is_folder else path.with_name(f".{path.name}.lock")
    lock.touch()
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(lock))
        except BlockingIOError:
            raise StudyError(
                f"{str(path)!r} is being written by another process",
                hint="Wait for it, or choose another place with --out.",
            ) from None
        if not is_folder:  # among the user's own files
            stack.callback(lock.unlink, missing_ok=True)
        yield


def _unusable(path: Path, reason: str) -> StudyError:
    return StudyError(
        f"cannot write to {str(path)!r}: {reason}", hint="Choose another place with --out."
    )

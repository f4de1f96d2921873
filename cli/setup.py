"""Setup that commands share: device, threads, hypernetwork, output folders."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

from hypernets.launch import launch
from nas.errors import StudyError
from nas.files import locked, remove_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from hypernets.training.config import HypernetTraining
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace
    from nas.study.search_config import SearchConfig


def use_device(
    name: str, workers: int | None = None, *, threads: int = 1
) -> tuple[torch.device, int]:
    """The device, and the number of worker threads.

    On the CPU, torch uses one thread in each worker by default, as threads inside an operation
    wait for each other. More of them train the networks of a search little faster on idle cores
    and many times slower on busy ones. Results depend on their number.

    Args:
        name: Name of the device, see :func:`nas.training.resolve_device`.
        workers: Number of workers; by default one for each processor, or one on CUDA.
        threads: Number of threads inside an operation of each worker.

    Raises:
        DeviceError: There is no such device.
    """
    import torch

    from nas.training.device import resolve_device

    device = resolve_device(name)
    if device.type == "cuda":
        return device, workers or 1
    torch.set_num_threads(threads)
    return device, workers or cores()


def cores() -> int:
    """Processors this process may use; its share of them where torchrun has started several."""
    there = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, there // launch().local_size)


def train_weights(
    space: SearchSpace,
    data: Dataset,
    directory: Path,
    steps: int,
    device: torch.device,
    workers: int,
    listen: Listener,
    *,
    is_said: bool = False,
) -> GraphHyperNetwork:
    """The hypernetwork in a directory, trained there first if it is not finished.

    What a training will cost is measured and said before it begins, unless it has been said.

    Raises:
        CheckpointError: The directory holds another hypernetwork.
        TrainingError: The loss stayed non-finite.
    """
    from hypernets.suited import usual_proxy
    from hypernets.training.config import HypernetTraining
    from hypernets.training.state import has_begun
    from hypernets.training.train import train_hypernet

    training = HypernetTraining(steps=steps, workers=workers)
    with alone(out_directory(directory, "")):
        if not (is_said or has_begun(directory)):
            _say_cost(space, data, training, device, listen)
        return train_hypernet(
            space,
            data,
            directory,
            proxy=usual_proxy(space),
            training=training,
            command=shlex.join(["nas", *sys.argv[1:]]),
            device=device,
            listen=listen,
        )


def own_weights(
    space: SearchSpace,
    data: Dataset,
    config: SearchConfig,
    directory: Path,
    training: HypernetTraining,
    device: torch.device,
    listen: Listener,
    *,
    processes: int = 1,
) -> GraphHyperNetwork | None:
    """The hypernetwork that a search trains first where that pays; None where it does not.

    A run that was begun goes on as it was begun. An error of one architecture ends the training of
    the hypernetwork, and the search does without.

    Args:
        space: Full-size space.
        data: Data set at full resolution.
        config: Settings of the search.
        directory: The run folder; the hypernetwork lies in ``hypernet``.
        training: Steps and threads of its training.
        device: Where it is trained.
        listen: Receives notes and progress.
        processes: Processes that train architectures side by side.

    Raises:
        CheckpointError: The folder holds another hypernetwork.
        StudyError: It cannot be written, or another process writes it.
    """
    from hypernets.own_weights import training_pays
    from hypernets.training.state import begun_steps
    from nas.errors import CheckpointError
    from nas.events import Noted
    from nas.study.record.run_folder import RunFolder

    place = directory / "hypernet"
    begun = begun_steps(place)
    if begun is None and (
        RunFolder(directory).run.exists()
        or not training_pays(
            space, data, config, training, device=device, workers=processes, listen=listen
        )
    ):
        return None
    steps = begun or training.steps
    try:
        return train_weights(
            space, data, place, steps, device, training.workers, listen, is_said=True
        )
    except (CheckpointError, StudyError):
        raise
    except Exception as error:  # of a candidate that cannot be built; a search goes on without it
        text = str(error).rstrip(".") or type(error).__name__
        listen(Noted(text=f"The hypernetwork could not be trained: {text}."))
        return None


def _say_cost(
    space: SearchSpace,
    data: Dataset,
    training: HypernetTraining,
    device: torch.device,
    listen: Listener,
) -> None:
    """Note how long a hypernetwork will be trained, and on few images that it hardly pays."""
    from hypernets.own_weights import FEWEST_IMAGES, training_time
    from nas.errors import counted
    from nas.events import Noted
    from nas.study.forecast import duration

    seconds = training_time(space, data, training, device)
    text = (
        f"Training a hypernetwork for space {space.name!r} on this data: "
        f"{counted(training.steps, 'step')}, about {duration(seconds)} on this "
        "machine."
    )
    if not data.task.traits.on_graph and len(data.train) < FEWEST_IMAGES:
        text += (
            f" With {counted(len(data.train), 'training image')}, to rank without one (--weights "
            "none) is usually the better use of that time."
        )
    listen(Noted(text=text))


def out_directory(path: Path | None, default: str) -> Path:
    """The folder, created if it is missing; ``runs/<default>`` if none is given.

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
    """A file that can be written; its folder is created if it is missing.

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
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(lock))
        except BlockingIOError:
            raise StudyError(
                f"{str(path)!r} is being written by another process",
                hint="Wait for it, or choose another place with --out.",
            ) from None
        if not is_folder:  # the lock is among the user's own files
            stack.callback(remove_lock, lock)
        yield


def _unusable(path: Path, reason: str) -> StudyError:
    return StudyError(
        f"cannot write to {str(path)!r}: {reason}", hint="Choose another place with --out."
    )

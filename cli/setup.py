"""What several commands set up alike: device, threads, hypernetwork."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from nas.errors import StudyError, UnknownNameError

if TYPE_CHECKING:
    import torch

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace


def use_device(name: str, workers: int | None = None) -> tuple[torch.device, int]:
    """The device, and the number of worker threads.

    On the CPU, torch is held to one thread in each worker: networks of a search are small, and
    threads inside an operation wait for each other more than they compute.

    Raises:
        DeviceError: There is no such device.
    """
    import torch

    from nas.train.device import resolve_device

    device = resolve_device(name)
    if device.type == "cuda":
        return device, workers or 1
    torch.set_num_threads(1)
    return device, workers or cores()


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def load_weights(
    name: str | None, space: SearchSpace, data: Dataset, device: torch.device
) -> GraphHyperNetwork:
    """The hypernetwork of that name or directory, or the shipped one that fits.

    Raises:
        UnknownNameError: No shipped one fits space and data set.
        CheckpointError: It cannot be read.
        ConfigError: It is for other data.
    """
    from hypernets.checkpoint import load, read_card, shipped
    from nas.evaluate.scorer import check_fits

    if name is None:
        trained = shipped()
        for entry in trained:
            card = read_card(trained.get(entry))
            if (card.space, card.dataset) == (space.name, data.name):
                name = entry
                break
        else:
            raise UnknownNameError(
                f"no shipped hypernetwork is for space {space.name!r} on data set {data.name!r}",
                hint="Use --weights train to train one first, or name one with --weights.",
            )
    hypernet = load(name)
    check_fits(hypernet.card, data)
    return hypernet.to(device)


def train_weights(
    space: SearchSpace,
    data: Dataset,
    directory: Path,
    steps: int,
    device: torch.device,
    workers: int,
    listen: Listener,
) -> GraphHyperNetwork:
    """The hypernetwork in a directory, trained there first if it is not finished."""
    from hypernets.checkpoint import CARD, load
    from hypernets.training import HypernetTraining, train_hypernet

    if (directory / CARD).exists():
        return load(directory).to(device)
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
    resolution = min(space.task.resolution, 16)
    sizes = {"channels": 16, "cells": 1}
    return {
        **{
            key: min(space.macro()[key], size)
            for key, size in sizes.items()
            if key in space.macro()
        },
        "resolution": resolution,
    }


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


def _unusable(path: Path, reason: str) -> StudyError:
    return StudyError(
        f"cannot write to {str(path)!r}: {reason}", hint="Choose another place with --out."
    )

"""Logs of a training: the figures of its epochs in files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nas.errors import ConfigError
from nas.files import write_text
from nas.registry import Registry
from nas.training.train import Epoch, Log

OpenLog = Callable[[Path], AbstractContextManager[Log]]
"""Opens the log of a training in its folder."""

LOGS: Registry[OpenLog] = Registry("log")
CSV_FILE = "log.csv"
TENSORBOARD_FOLDER = "tensorboard"


@LOGS.register("csv")
@contextmanager
def csv_log(folder: Path) -> Iterator[Log]:
    """A table with a row for each epoch.

    It is written anew after each of them, so that a resumed training has no row twice.
    """
    columns = ("epoch", *(field.name for field in fields(Epoch)))

    def write(history: Sequence[Epoch]) -> None:
        text = io.StringIO()
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        for number, epoch in enumerate(history, 1):
            table.writerow({"epoch": number, **asdict(epoch)})
        write_text(folder / CSV_FILE, text.getvalue())

    yield write


@LOGS.register("tensorboard")
@contextmanager
def tensorboard_log(folder: Path) -> Iterator[Log]:
    """Scalars for TensorBoard; a resumed training replaces epochs that it repeats.

    Raises:
        ConfigError: TensorBoard is not installed.
    """
    if find_spec("tensorboard") is None:
        raise ConfigError(
            "the log 'tensorboard' needs tensorboard, which is not installed",
            hint="pip install tensorboard",
        )
    from torch.utils.tensorboard import SummaryWriter

    writer: Any = None

    def write(history: Sequence[Epoch]) -> None:
        nonlocal writer
        step = len(history)
        if writer is None:
            writer = SummaryWriter(str(folder / TENSORBOARD_FOLDER), purge_step=step)
        for name, value in asdict(history[-1]).items():
            writer.add_scalar(name, value, step)
        writer.flush()

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()

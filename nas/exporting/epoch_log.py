"""Logs of a training: the figures of its epochs in files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nas.errors import ConfigError
from nas.files import write_text
from nas.registry import Registry
from nas.training.train import Epoch, Log

OpenLog = Callable[[Path], AbstractContextManager[Log]]
"""Opens the log of a training in its folder."""


@dataclass(frozen=True, kw_only=True)
class EpochLog:
    """A kind of log.

    Attributes:
        open: Opens one.
        package: Name of an optional package that it needs.
    """

    open: OpenLog
    package: str | None = None

    def check_installed(self) -> None:
        """Raise unless its package is installed.

        Raises:
            ConfigError: It is not.
        """
        if self.package is not None and find_spec(self.package) is None:
            raise ConfigError(
                f"the log needs {self.package}, which is not installed",
                hint=f"pip install {self.package}",
            )


LOGS: Registry[EpochLog] = Registry("log")
CSV_FILE = "log.csv"
TENSORBOARD_FOLDER = "tensorboard"


@contextmanager
def _csv_log(folder: Path) -> Iterator[Log]:
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


@contextmanager
def _tensorboard_log(folder: Path) -> Iterator[Log]:
    """Scalars for TensorBoard; a resumed training replaces epochs that it repeats."""
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


LOGS.register("csv")(EpochLog(open=_csv_log))
LOGS.register("tensorboard")(EpochLog(open=_tensorboard_log, package="tensorboard"))

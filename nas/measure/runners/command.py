"""A command of the user that measures a file, on a phone or a board for example.

The command is a line for the shell that names the file it needs: ``./bench {model.onnx}``, or
``cat {model.onnx} | ssh pi ./bench``. ``{model.onnx}``, ``{model.pt2}``, ``{model.py}`` and
``{model.safetensors}`` are replaced by paths, ``{batch}`` and ``{threads}`` by numbers. The last
line that it prints is the time of one run: a number of milliseconds, or a number with ``s``,
``ms``, ``us`` or ``ns``.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nas.errors import ConfigError, MeasurementError
from nas.exporting.exporters.exporter import EXPORTERS, ExportOptions
from nas.measure.config import COMMAND
from nas.measure.runners.runner import RUNNERS, Ready, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig

FORMATS = {
    "{model.onnx}": "onnx",
    "{model.pt2}": "torch-export",
    "{model.py}": "python",
    "{model.safetensors}": "safetensors",
}
"""The export format of each file that a command may name."""

_UNITS = {"": 1.0, "ms": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3, "ns": 1e-6}
"""Milliseconds."""
_TIME = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(s|ms|us|µs|ns)?")
_SHOWN = 200
"""Characters of an output in a message."""


@contextmanager
def prepare(network: Exportable, config: MeasureConfig, folder: Path) -> Iterator[Ready]:
    """The network in the files that the command names.

    Raises:
        ConfigError: The command names no file, or a package for its format is missing.
        ExportError: The network cannot be written in a format.
    """
    named = [file for file in FORMATS if file in config.command]
    if not named:
        raise ConfigError(
            f"the command {config.command!r} names no file of the network",
            hint=f"Write one of {', '.join(FORMATS)} where its path belongs.",
        )
    line = config.command.replace("{batch}", str(config.batch))
    line = line.replace("{threads}", str(config.threads))
    for file in named:
        written = EXPORTERS.get(FORMATS[file]).write(network, folder, ExportOptions()).file
        line = line.replace(file, shlex.quote(str(written.absolute())))
    device = config.command if config.device == "auto" else config.device
    yield Ready(device=device, run=lambda: run(line, config.timeout))


def run(line: str, seconds: float) -> float:
    """The milliseconds that a line of the shell prints.

    The line is stopped, with all that it has started, when its time is over.

    Raises:
        MeasurementError: It fails, takes too long, or prints no time.
    """
    process = subprocess.Popen(
        line,
        shell=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, complaint = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise MeasurementError(
            f"the command {line!r} took longer than {seconds:g} seconds",
            hint="Give it more with --timeout.",
        ) from None
    finally:
        if process.returncode is None:  # out of time, or interrupted
            _stop(process)
    if process.returncode:
        last = _last_line(complaint) or _last_line(output) or "it printed nothing"
        raise MeasurementError(
            f"the command {line!r} ended with code {process.returncode}: {last[:_SHOWN]}"
        )
    return _time(_last_line(output), line)


def _time(text: str, line: str) -> float:
    form = _TIME.fullmatch(text)
    found = float(form[1]) * _UNITS[form[2] or ""] if form else math.nan
    if not 0 < found < math.inf:
        raise MeasurementError(
            f"expected a time as the last line that the command {line!r} prints, got "
            f"{text[:_SHOWN]!r}",
            hint="A number of milliseconds, such as 12.5, or one with its unit: 12.5ms, 0.0125s.",
        )
    return found


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()


def _stop(process: subprocess.Popen[str]) -> None:
    """End a command and the processes it has started."""
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


RUNNERS.register(COMMAND)(Runner(prepare=prepare, repeats=False))

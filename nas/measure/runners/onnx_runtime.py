"""onnxruntime, on the CPU."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch

from nas.errors import ConfigError, MeasurementError
from nas.exporting.comparison import first_line
from nas.exporting.exporters.exporter import EXPORTERS, ExportOptions
from nas.exporting.exporters.onnx import check_installed
from nas.measure.device_name import device_name
from nas.measure.energy import meter
from nas.measure.runners.runner import RUNNERS, Ready, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig

_PEAK = """
import sys
import numpy, onnxruntime

def size(name):  # KiB
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

given = {name: array for name, array in numpy.load(sys.argv[2]).items()}
open("/proc/self/clear_refs", "w").write("5")  # from here on the peak is counted
before = size("VmRSS")
session = onnxruntime.InferenceSession(sys.argv[1])
names = [entry.name for entry in session.get_inputs()]
session.run(None, {name: given[f"arr_{index}"] for index, name in enumerate(names)})
print(1024 * (size("VmHWM") - before))
"""
"""Linux has such counters of a process; elsewhere the script fails."""
_SECONDS = 600


@contextmanager
def prepare(network: Exportable, config: MeasureConfig, folder: Path) -> Iterator[Ready]:
    """The network as an ONNX file in a session.

    Raises:
        ConfigError: onnxruntime is not installed, or the device is no CPU.
        ExportError: The network cannot be written as ONNX.
        MeasurementError: onnxruntime cannot run it.
    """
    check_installed()
    import onnxruntime

    if config.device not in ("auto", "cpu"):
        raise ConfigError(
            f"the runner onnxruntime measures on the CPU, got device {config.device!r}",
            hint="Leave out --device, or give a command of your own with --measure.",
        )
    file = EXPORTERS.get("onnx").write(network, folder, ExportOptions()).file
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = config.threads
    options.inter_op_num_threads = 1
    inputs = [x.numpy() for x in network.example(config.batch)]
    np.savez(folder / "inputs.npz", *inputs)
    try:
        session = onnxruntime.InferenceSession(str(file), options)
        named = {entry.name: x for entry, x in zip(session.get_inputs(), inputs, strict=True)}
        session.run(None, named)
    except Exception as error:  # onnxruntime raises errors of many kinds
        raise MeasurementError(
            f"onnxruntime cannot run the network: {first_line(error)}",
            hint="Try a batch of 1 (--batch 1), or the runner eager.",
        ) from error

    def run() -> float:
        began = perf_counter()
        session.run(None, named)
        return (perf_counter() - began) * 1e3

    cpu = torch.device("cpu")
    yield Ready(
        device=device_name(cpu), run=run, memory=lambda: _peak(file, folder), energy=meter(cpu)
    )


def _peak(file: Path, folder: Path) -> int | None:
    """The memory that a new process takes for the session and a run; None if it fails."""
    command = [sys.executable, "-c", _PEAK, str(file), str(folder / "inputs.npz")]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except subprocess.SubprocessError:
        return None
    return int(ended.stdout)


RUNNERS.register("onnxruntime")(Runner(prepare=prepare))

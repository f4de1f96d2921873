"""Check an exported file in a process that has neither this package nor the network."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from nas.errors import ExportError
from nas.exporting.comparison import TOLERANCE, difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    Case = tuple[Sequence[Tensor], Sequence[Tensor]]

_SECONDS = 600
"""Time the process has."""

_RUN = """
import sys

for name in {packages!r}:
    sys.modules[name] = None  # importing it fails
{reader}
import numpy

folder, cases, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
network = load(folder)
for number in range(count):
    given = numpy.load(f"{{cases}}/in{{number}}.npz")
    outputs = network(*(given[f"arr_{{index}}"] for index in range(len(given.files))))
    numpy.savez(f"{{cases}}/out{{number}}.npz", *outputs)
"""
_OURS = ("nas", "search_spaces", "hypernets", "cli")


def check_clean(reader: str, folder: Path, cases: Sequence[Case]) -> float:
    """The largest relative difference between the outputs of a file and the expected ones.

    Args:
        reader: Python that defines ``load(folder)``; see
            :class:`nas.exporting.exporters.Exporter`.
        folder: Where the file lies.
        cases: Inputs with their expected outputs.

    Raises:
        ExportError: The file cannot be loaded or run, or the difference is above 1e-5.
    """
    script = _RUN.format(packages=_OURS, reader=reader)
    with tempfile.TemporaryDirectory() as scratch:
        for number, (inputs, _) in enumerate(cases):
            np.savez(f"{scratch}/in{number}.npz", *(x.numpy() for x in inputs))
        # isolated: neither the working directory nor variables of the environment add to its path;
        # and no compiled code is left in the folder
        command = [sys.executable, "-I", "-B", "-c", script, str(folder), scratch, str(len(cases))]
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ExportError(f"the exported file did not run within {_SECONDS} seconds") from None
        if ended.returncode:
            last = ended.stderr.strip().rpartition("\n")[2]
            raise ExportError(f"the exported file cannot be run in a new process: {last}")
        found = max(
            _largest(Path(scratch, f"out{number}.npz"), expected)
            for number, (_, expected) in enumerate(cases)
        )
    if not found <= TOLERANCE:
        raise ExportError(
            f"the exported file differs from the network by {found:.1e} of its largest output"
        )
    return found


def _largest(file: Path, expected: Sequence[Tensor]) -> float:
    with np.load(file) as outputs:
        mine = [torch.from_numpy(outputs[f"arr_{index}"]) for index in range(len(expected))]
    return max(difference(one, other.cpu()) for one, other in zip(mine, expected, strict=True))

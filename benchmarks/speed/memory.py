"""Print how many bytes predicting the parameters of a network adds to a fresh process.

The network itself, its graph and the hypernetwork are there before; the parameters and all that
is needed to make them come on top. For Linux, which counts the most that a process ever held.

    python -m benchmarks.speed.memory resnet50
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from benchmarks.speed.subject import SUBJECTS, TASK, Widths, hypernetwork, imported


def most_held() -> int:
    """Bytes of memory that the process held at its most.

    What ``getrusage`` says would include the most of the process that started this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


@torch.no_grad()
def main(name: str, widths: str = "{}") -> None:
    """Print the difference of the most before and after."""
    module, hypernet = SUBJECTS[name](Widths(**json.loads(widths))), hypernetwork()
    image = torch.randn(1, TASK.channels, TASK.resolution, TASK.resolution)
    graph = imported(module, image)
    before = most_held()
    params = hypernet.predict([graph])
    assert params
    print(most_held() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])

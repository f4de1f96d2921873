"""torch.compile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from nas.measure.runners.runner import RUNNERS, Runner
from nas.measure.runners.torch_run import on_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig
    from nas.measure.runners.runner import Ready


@contextmanager
def prepare(network: Exportable, config: MeasureConfig, folder: Path) -> Iterator[Ready]:
    """The network's module, compiled for its batch in the first run, which is not timed."""
    with on_device(network, config, lambda module: torch.compile(module, dynamic=False)) as ready:
        try:
            ready.run()
            yield ready
        finally:
            torch.compiler.reset()  # torch keeps the compiled code of every network


RUNNERS.register("compile")(Runner(prepare=prepare))

"""torch as it is, one operation after the other."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    """The network's module, called without gradients."""
    with on_device(network, config, lambda module: module) as ready:
        yield ready


RUNNERS.register("eager")(Runner(prepare=prepare))

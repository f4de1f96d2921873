"""The contract of a runner: it brings a network to a device and times one run of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A network that is ready to run.

    Attributes:
        device: Name of the device.
        run: Runs it once; returns the time in milliseconds.
        memory: Runs it once; returns the peak memory in bytes, None if that fails. None where
            memory is not known.
        energy: Reads the meter of the device in millijoules; None if there is none.
    """

    device: str
    run: Callable[[], float]
    memory: Callable[[], int | None] | None = None
    energy: Callable[[], float] | None = None


@dataclass(frozen=True, kw_only=True)
class Runner:
    """A way to run networks.

    Attributes:
        prepare: Brings a network to the device, for the time of a block. It takes the network, on
            the CPU and in evaluation mode, the settings, and an empty folder for files.
        repeats: Whether runs are repeated after a warm-up; otherwise one run is one measurement.
    """

    prepare: Callable[[Exportable, MeasureConfig, Path], AbstractContextManager[Ready]]
    repeats: bool = True


RUNNERS: Registry[Runner] = Registry("runner", Runner)

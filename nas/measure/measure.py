"""Measure one network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

from nas.measure.measurement import Measurement
from nas.measure.runners.runner import RUNNERS

if TYPE_CHECKING:
    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig
    from nas.measure.runners.runner import Ready

_SECONDS = 0.3
"""Least time of all timed runs together."""


def measure(network: Exportable, config: MeasureConfig) -> Measurement:
    """Run a network on a device and time it.

    Runs follow each other without a pause, after a warm-up; the median is less sensitive than the
    mean to other programs that use the device meanwhile.

    Args:
        network: The network, on the CPU.
        config: Runner, device, batch, threads, numbers of runs.

    Raises:
        UnknownNameError: There is no such runner.
        DeviceError: There is no such device.
        ConfigError: The runner lacks a package, or the command names no file.
        ExportError: The network cannot be written for the runner.
        MeasurementError: It cannot be run, or the command prints no time.
    """
    runner = RUNNERS.get(config.runner)
    network.module.eval()
    with (
        tempfile.TemporaryDirectory() as folder,
        runner.prepare(network, config, Path(folder)) as ready,
    ):
        for _ in range(config.warmup if runner.repeats else 0):
            ready.run()
        times, energy = _timed(ready, config.repeats if runner.repeats else 1, runner.repeats)
        memory = ready.memory() if ready.memory else None
    return Measurement(
        latency=median(times),
        spread=_spread(times),
        runs=len(times),
        memory=memory,
        energy=energy,
        device=ready.device,
        runner=config.runner,
        batch=config.batch,
        threads=config.threads,
    )


def _timed(ready: Ready, fewest: int, long: bool) -> tuple[list[float], float | None]:
    """The times of the runs in milliseconds, and the energy of one in millijoules."""
    before = ready.energy() if ready.energy else 0.0
    began, times = perf_counter(), list[float]()
    while len(times) < fewest or (long and perf_counter() - began < _SECONDS):
        times.append(ready.run())
    used = (ready.energy() - before) / len(times) if ready.energy else None
    return times, used


def _spread(times: list[float]) -> float | None:
    if len(times) < 2:
        return None
    low, _, high = quantiles(times, n=4, method="inclusive")
    return high - low

"""What was measured of a network on a device."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Cost of one run of a network on a device.

    Attributes:
        latency: Median time of a run in milliseconds.
        spread: Distance between the quartiles of the times, in milliseconds; None where the
            device was asked once.
        runs: Number of timed runs.
        memory: Peak memory of a run in bytes, weights included; None where it is not known.
        energy: Energy of a run in millijoules, of all that the processor did meanwhile; None where
            the platform does not report it.
        device: Name of the device.
        runner: What ran the network.
        batch: Samples in a run.
        threads: Threads on the CPU.
    """

    latency: float
    spread: float | None
    runs: int
    memory: int | None
    energy: float | None
    device: str
    runner: str
    batch: int
    threads: int

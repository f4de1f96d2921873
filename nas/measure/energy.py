"""Meters of energy that the platform has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

Meter = Callable[[], float]
"""Reads the energy used so far in millijoules."""

_RAPL = Path("/sys/class/powercap")


def meter(device: torch.device) -> Meter | None:
    """The meter of a device: RAPL for a CPU, NVML for an NVIDIA GPU; None if there is none."""
    return nvml(device) if device.type == "cuda" else rapl()


def rapl(folder: Path = _RAPL) -> Meter | None:
    """The energy of all CPU packages by Intel's and AMD's counters (Linux, powercap).

    The counters concern the whole package, other processes included; most systems let only the
    administrator read them.

    Args:
        folder: Where the kernel shows them.
    """
    packages = [path for path in sorted(folder.glob("intel-rapl:*")) if path.name.count(":") == 1]
    try:
        ranges = [int((path / "max_energy_range_uj").read_text()) for path in packages]
        last = [int((path / "energy_uj").read_text()) for path in packages]
    except (OSError, ValueError):
        return None
    if not packages:
        return None
    used = 0

    def read() -> float:
        nonlocal used
        for index, path in enumerate(packages):
            now = int((path / "energy_uj").read_text())
            used += (now - last[index]) % (ranges[index] + 1)  # a full counter starts again
            last[index] = now
        return used / 1e3

    return read


def nvml(device: torch.device) -> Meter | None:
    """The energy of a GPU by NVIDIA's library, if the package nvidia-ml-py is installed."""
    try:
        import pynvml

        pynvml.nvmlInit()
        uuid = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # older GPUs have no counter
    except Exception:  # errors of the library are of its own kinds
        return None
    return lambda: float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

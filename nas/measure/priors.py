"""What other devices spend on each kind of operation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from nas.errors import DataError
from nas.files import parse_json

Priors = Mapping[str, Mapping[str, float]]
"""For each device the latency that a feature adds to a network, relative to its mean latency."""

_FILE = "priors.json"


@cache
def device_priors() -> Priors:
    """Thirteen phones, CPUs and GPUs, fitted to published latencies of NAS-Bench-201 networks.

    Sources: HELP (Lee et al. 2021) and HW-NAS-Bench (Li et al. 2021); the file is written by
    ``python -m benchmarks.latency.priors``.
    """
    text = files("nas.measure").joinpath(_FILE).read_bytes()
    document = parse_json(text, dict, lambda why: DataError(f"{_FILE} is damaged: {why}"))
    devices: Priors = document["devices"]
    return devices

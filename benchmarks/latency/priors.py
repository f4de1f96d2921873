"""What each device of the table spends on each kind of operation.

python -m benchmarks.latency.priors    # writes nas/measure/priors.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

import nas.measure.priors
from benchmarks.latency.table import read
from nas.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.latency.table import Floats

_PENALTY = 1e-3
_DIGITS = 4


def prior(networks: Sequence[Mapping[str, float]], latency: Floats) -> dict[str, float]:
    """The latency that each feature adds on a device, relative to the mean latency.

    Least squares with a small ridge penalty under the condition that nothing takes negative time,
    so that the sums are also sensible in other spaces.

    Args:
        networks: Features of each network.
        latency: Their latencies, (N,).
    """
    names = sorted({name for one in networks for name in one})
    values = np.array([[one.get(name, 0.0) for name in names] for one in networks])
    varies = np.ptp(values, axis=0) > 0
    names, values = [n for n, yes in zip(names, varies, strict=True) if yes], values[:, varies]
    scale = values.mean(0)
    design = np.column_stack([np.ones(len(values)), values / scale]) / np.sqrt(len(values))
    penalty = np.sqrt(_PENALTY) * np.eye(design.shape[1])
    target = latency / latency.mean() / np.sqrt(len(values))
    found, _ = nnls(np.vstack([design, penalty]), np.append(target, np.zeros(len(penalty))))
    costs = zip(names, found[1:] / scale, strict=True)
    return {name: float(f"{cost:.{_DIGITS}g}") for name, cost in costs if cost > 0}


def main() -> None:
    """Write the file of the package."""
    table = read()
    devices = {device: prior(table.features, costs) for device, costs in table.latency.items()}
    file = Path(nas.measure.priors.__file__).with_name("priors.json")
    write_json(file, {"source": table.source, "licence": "MIT", "devices": devices})


if __name__ == "__main__":
    main()

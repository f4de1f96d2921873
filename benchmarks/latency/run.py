"""How well are latencies on a device predicted from few measurements on it?

    python -m benchmarks.latency.run    # two minutes of a core

Each device of the table in turn is unknown, and the networks are ranked that were not measured.
"""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from benchmarks.latency.priors import prior
from benchmarks.latency.table import kind_of, read
from nas.measure.predictor import CostPredictor
from nas.seeding import rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.latency.table import Floats, LatencyTable

    Predict = Callable[[list[int], Floats], Floats]
    """The values of all networks, from those of the networks in some rows."""

COUNTS = (5, 10, 20)
SEEDS = 5
MANY = 1000
"""Measured networks that show how well the features can rank at all."""

_PENALTIES = np.logspace(-3, 3, 13)


def main() -> None:
    """Print the mean over devices for each method, then each device."""
    table = read()
    costs = {device: prior(table.features, found) for device, found in table.latency.items()}
    _print("prediction", [f"{count} measured" for count in COUNTS])
    _print("---", ["---"] * len(COUNTS))
    for feature, name in (("macs", "MACs"), ("weights", "parameters"), ("count", "operations")):
        value = np.array([one[f"live all {feature}"] for one in table.features])
        found = mean(_spearman(value, true) for true in table.latency.values())
        _print(f"{name} alone", [f"{found:.3f}"] * len(COUNTS))
    devices = list(table.latency)
    without = dict.fromkeys(devices, CostPredictor.of(table.features, {}))
    ridge = _ridge(table)
    _report(
        "ridge on the features, random",
        [_judged(table, true, None, ridge) for true in table.latency.values()],
    )
    _report("without priors, random", _random(table, without))
    _report("without priors, chosen", [*_chosen(table, without).values()])
    for title, same in (("device", str), ("hardware", kind_of)):
        predictors = {
            device: CostPredictor.of(table.features, _others(costs, device, same))
            for device in devices
        }
        _report(f"priors, {title} unknown, random", _random(table, predictors))
        found_by_device = _chosen(table, predictors)
        _report(f"priors, {title} unknown, chosen", [*found_by_device.values()])
    print()
    counts = [f"{count} measured" for count in COUNTS]
    _print("device, its hardware unknown, chosen", [*counts, f"ridge, {MANY} measured"])
    _print("---", ["---"] * (1 + len(COUNTS)))
    for device, row in found_by_device.items():
        true = table.latency[device]
        most = _judge(ridge, _drawn(len(true), MANY, 0), true)
        _print(device, [f"{value:.3f}" for value in (*row, most)])
    (energy,) = table.energy.values()
    row = _judged(table, energy, predictors["edgegpu"], _process(table, predictors["edgegpu"]))
    _print("edgegpu, energy", [*(f"{value:.3f}" for value in row), "–"])


def _others(
    costs: Mapping[str, Mapping[str, float]], device: str, same: Callable[[str], str]
) -> dict[str, Mapping[str, float]]:
    """The priors of devices that are not the same as one."""
    return {one: cost for one, cost in costs.items() if same(one) != same(device)}


def _random(table: LatencyTable, predictors: Mapping[str, CostPredictor]) -> list[list[float]]:
    """Spearman's correlations on each device, with random measured networks."""
    return [
        _judged(table, true, None, _process(table, predictors[device]))
        for device, true in table.latency.items()
    ]


def _chosen(
    table: LatencyTable, predictors: Mapping[str, CostPredictor]
) -> dict[str, list[float]]:
    """Spearman's correlations on each device, with the networks that the predictor chooses."""
    return {
        device: _judged(table, true, predictors[device], _process(table, predictors[device]))
        for device, true in table.latency.items()
    }


def _judged(
    table: LatencyTable, true: Floats, chooser: CostPredictor | None, predict: Predict
) -> list[float]:
    """Spearman's correlation for each number of measured networks.

    Args:
        table: The table.
        true: The values on the device.
        chooser: Chooses the measured networks; None draws them.
        predict: The prediction.
    """
    found = []
    for count in COUNTS:
        choices = (
            [chooser.choose(table.features, count)]
            if chooser
            else [_drawn(len(true), count, seed) for seed in range(SEEDS)]
        )
        found.append(mean(_judge(predict, rows, true) for rows in choices))
    return found


def _drawn(total: int, count: int, seed: int) -> list[int]:
    return [int(row) for row in rng(seed, "measured").permutation(total)[:count]]


def _judge(predict: Predict, rows: list[int], true: Floats) -> float:
    rest = np.setdiff1d(np.arange(len(true)), rows)
    return _spearman(predict(rows, true[rows])[rest], true[rest])


def _spearman(first: Floats, second: Floats) -> float:
    return float(spearmanr(first, second).statistic)


def _process(table: LatencyTable, predictor: CostPredictor) -> Predict:
    """The package's prediction."""

    def predict(rows: list[int], values: Floats) -> Floats:
        measured = [table.features[row] for row in rows]
        return predictor.fit(measured, values.tolist()).predict(table.features)[0]

    return predict


def _ridge(table: LatencyTable) -> Predict:
    """Ridge regression on the standardised features, its penalty by leave-one-out."""
    names = sorted({name for one in table.features for name in one})
    values = np.array([[one.get(name, 0.0) for name in names] for one in table.features])
    scaled = StandardScaler().fit_transform(values)

    def predict(rows: list[int], found: Floats) -> Floats:
        return np.asarray(RidgeCV(_PENALTIES).fit(scaled[rows], found).predict(scaled))

    return predict


def _report(name: str, found: Sequence[Sequence[float]]) -> None:
    """Print the means over devices."""
    _print(name, [f"{mean(column):.3f}" for column in zip(*found, strict=True)])


def _print(name: str, cells: Sequence[str]) -> None:
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

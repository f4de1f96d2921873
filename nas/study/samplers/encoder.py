"""Parameters of trials as numbers from which a predictor learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from nas.space.trial import place
from nas.study.samplers.planned import hashable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

    Params = Mapping[str, Any]

_ABSENT = object()


class Encoder:
    """Columns for parameters, fitted to the trials of a study, conditional parameters included.

    A categorical parameter has a column for each choice, a number its place in its range. For each
    choice that several parameters share there is the number of parameters that have it. A
    parameter that some trials lack counts only where an earlier one has a value with which it was
    seen, as ``kernel2`` is seen with a depth of 3 and 4; such a *guard* is looked for among the
    parameters before it.

    Args:
        trials: Finished trials, at least one.

    Attributes:
        space: The distribution of each parameter, ranges that differ between trials united.
    """

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        self.space: dict[str, BaseDistribution] = {}
        for trial in trials:
            for name, found in trial.distributions.items():
                known = self.space.get(name, found)
                self.space[name] = known if known == found else _united(known, found)
        columns = {
            name: [trial.params.get(name, _ABSENT) for trial in trials] for name in self.space
        }
        self._guards = {
            name: _guard(name, columns) for name in self.space if _ABSENT in columns[name]
        }
        alike: dict[Hashable, list[str]] = {}
        shown: dict[Hashable, tuple[Any, ...]] = {}
        for name, distribution in self.space.items():
            if isinstance(distribution, CategoricalDistribution):
                key = hashable(distribution.choices)
                shown[key] = distribution.choices
                alike.setdefault(key, []).append(name)
        self._shared = [(shown[key], names) for key, names in alike.items() if len(names) > 1]

    def active(self, params: Params) -> dict[str, Any]:
        """The parameters that a trial with these values is expected to ask for."""
        found: dict[str, Any] = {}
        for name in self.space:
            guard = self._guards.get(name)
            if name not in params:
                continue
            if guard is None or guard[1].get(hashable(found.get(guard[0], _ABSENT)), True):
                found[name] = params[name]
        return found

    def __call__(self, rows: Sequence[Params]) -> NDArray[np.float64]:
        """The features of active parameters, (N, columns)."""
        columns: list[list[float]] = []
        for name, distribution in self.space.items():
            values = [row.get(name, _ABSENT) for row in rows]
            if isinstance(distribution, CategoricalDistribution):
                columns += [[one == value for value in values] for one in distribution.choices]
                continue
            columns.append([one is not _ABSENT for one in values])
            columns.append([0.5 if v is _ABSENT else place(distribution, v) for v in values])
        for choices, names in self._shared:
            columns += [[sum(row.get(n) == one for n in names) for row in rows] for one in choices]
        return np.array(columns, dtype=np.float64).reshape(len(columns), len(rows)).T


def _united(one: BaseDistribution, other: BaseDistribution) -> BaseDistribution:
    """The range over both ranges; categorical distributions are equal within a study."""
    assert isinstance(one, IntDistribution | FloatDistribution)
    assert isinstance(other, IntDistribution | FloatDistribution)
    low, high, log = min(one.low, other.low), max(one.high, other.high), one.log and other.log
    if isinstance(one, IntDistribution):
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(low, high, log=log)


def _guard(
    name: str, columns: Mapping[str, Sequence[Any]]
) -> tuple[str, dict[Hashable, bool]] | None:
    """The earlier parameter whose values decide whether a parameter is there, and these values.

    Of several the one with the fewest values; None if no single parameter decides.
    """
    present = [value is not _ABSENT for value in columns[name]]
    best: tuple[str, dict[Hashable, bool]] | None = None
    for other, values in columns.items():
        if other == name:
            break
        decides: dict[Hashable, bool] = {}
        if all(
            decides.setdefault(hashable(value), there) == there
            for value, there in zip(values, present, strict=True)
        ) and (best is None or len(decides) < len(best[1])):
            best = other, decides
    return best

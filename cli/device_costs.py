"""Latency, memory and energy of the architectures of a run, as `nas latency RUN` wrote them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import InfeasibleError, StudyError
from nas.files import there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.measure.profile import DeviceCost, DeviceProfile

_UNITS = {"latency": (1.0, "ms"), "memory": (1e-6, "MB"), "energy": (1.0, "mJ")}
"""Units in which figures are shown, and how many of them a recorded one is."""


def costs_of_run(run: Path, file: Path | None = None) -> Mapping[str, Mapping[str, DeviceCost]]:
    """Figures of the architectures by hash and name; empty if the run was not measured.

    Args:
        run: The run folder.
        file: Where `nas latency` wrote them, if not in the folder.

    Raises:
        DataError: The file is missing or damaged.
    """
    profile = _profile(run, file)
    return {} if profile is None else profile.known


def best_within(run: Path, constraints: Sequence[str], file: Path | None) -> dict[str, Any]:
    """The best architecture of a run within limits, as a row of the table of trials.

    Trained ones come first, those with the longest training and then by accuracy; without any the
    score decides.

    Raises:
        ConfigError: A constraint is malformed, or names a figure that is not known.
        DataError: The file is missing or damaged.
        InfeasibleError: No architecture is within the limits.
        StudyError: The folder holds no run with trials.
    """
    from nas.study.goals.constraints import parse_constraints, satisfied

    profile = _profile(run, file)
    with nullcontext() if profile is None else profile.as_figures():
        limits = parse_constraints(constraints)
    rows = [
        row
        for row in _scored(run, profile)
        if all(row.get(limit.name) is not None for limit in limits) and satisfied(limits, row)
    ]
    if not rows:
        raise InfeasibleError(
            f"no architecture of the run in {str(run)!r} has {' and '.join(map(str, limits))}",
            hint="Search with the constraint: `nas search --constraint`.",
        )
    return max(
        rows,
        key=lambda row: (row.get("epochs") or 0, row.get("val_accuracy") or 0.0, row["score"]),
    )


def front_by(run: Path, figure: str, file: Path | None) -> tuple[list[dict[str, Any]], int | None]:
    """The Pareto front of high score and a low figure, by the figure, and the index of its knee.

    Raises:
        DataError: The file is missing or damaged.
        StudyError: The architectures of the run do not have this figure.
    """
    import numpy as np

    from nas.study.selection.pareto import first_front, knee

    rows = [row for row in _scored(run, _profile(run, file)) if _is_number(row.get(figure))]
    if not rows:
        raise StudyError(
            f"the architectures of the run in {str(run)!r} have no {figure!r}",
            hint=f"`nas latency {run}` measures latency; `nas trials {run} --json` lists figures.",
        )
    points = np.array([[row[figure], -row["score"]] for row in rows])
    front = sorted(first_front(points), key=lambda index: float(points[index, 0]))
    return [rows[index] for index in front], knee(points[front])


def described_cost(name: str, cost: DeviceCost | None) -> str:
    """``1.2 ms``, or ``1.2 ms ± 0.3 ms (predicted)``."""
    if cost is None:
        return "–"
    if cost.std is None:
        return amount(name, cost.value)
    return f"{amount(name, cost.value)} ± {amount(name, cost.std)} (predicted)"


def amount(name: str, value: float) -> str:
    """A figure with its unit: ``1.2 ms``, ``3.1 MB``."""
    scale, unit = _UNITS[name]
    return f"{scale * value:.3g} {unit}"


def _profile(run: Path, file: Path | None) -> DeviceProfile | None:
    from nas.study.record.run_folder import RunFolder

    usual = RunFolder(run).latency
    if file is None and not there(usual, Path.is_file):
        return None
    from nas.measure.profile import read_profile

    return read_profile(file or usual)


def _scored(run: Path, profile: DeviceProfile | None) -> list[dict[str, Any]]:
    """The distinct scored trials with their recorded figures and those of the device."""
    from cli.runs import read_trials, typed

    known = {} if profile is None else profile.known
    rows = []
    for row in read_trials(run):
        if row["loss"] and not row["duplicate_of"]:
            figures = {name: cost.value for name, cost in known.get(row["hash"], {}).items()}
            rows.append({**{key: typed(key, value) for key, value in row.items()}, **figures})
    return rows


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)

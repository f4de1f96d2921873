"""Latency, memory and energy of the architectures of a run, as `nas latency RUN` wrote them."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, InfeasibleError, StudyError
from nas.files import there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.measure.config import MeasureConfig
    from nas.measure.profile import DeviceCost, DeviceProfile
    from nas.study.goals.constraints import Constraint

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
        StudyError: The folder holds no run with trials, or they do not have a figure.
    """
    from nas.study.goals.constraints import satisfied

    limits, rows = _limits(constraints), _scored(run, _profile(run, file))
    for limit in limits:
        rows = _having(limit.name, rows, run)
    rows = [row for row in rows if satisfied(limits, row)]
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
        ConfigError: The figure is one to be maximised.
        DataError: The file is missing or damaged.
        StudyError: The architectures of the run do not have this figure.
    """
    import numpy as np

    from nas.analysis.figure import FIGURES
    from nas.study.selection.pareto import first_front, knee

    grows = figure in FIGURES and FIGURES.get(figure).direction == "maximize"
    if grows or figure == "val_accuracy":
        raise ConfigError(
            f"the front of score and {figure!r} is not shown: score is weighed against figures to "
            "be minimised, such as latency or macs"
        )
    rows = _having(figure, _scored(run, _profile(run, file)), run)
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


def measuring(config: MeasureConfig, named: Mapping[str, object]) -> str:
    """The command that measures with these settings.

    Args:
        config: The settings.
        named: Values of further options by name; None leaves one out.
    """
    usual = type(config)()
    settings = {
        "measure" if name == "command" else name: value
        for name, value in asdict(config).items()
        if value != getattr(usual, name) and not (name == "runner" and config.command)
    }
    words = [
        word
        for name, value in {**named, **settings}.items()
        if value is not None
        for word in (f"--{name}", str(value))
    ]
    return f"`{shlex.join(['nas', 'latency', *words])}`."


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


def _limits(constraints: Sequence[str]) -> Sequence[Constraint]:
    """Limits on figures of the graph and the device, whether it was measured or not."""
    from nas.analysis.figure import DEVICE_FIGURES, FIGURES, Figure
    from nas.study.goals.constraints import parse_constraints

    with ExitStack() as stack:
        for name, units in DEVICE_FIGURES.items():
            figure = Figure(direction="minimize", units=units)
            stack.enter_context(FIGURES.temporarily(name, figure))
        return parse_constraints(constraints)


def _having(figure: str, rows: Sequence[dict[str, Any]], run: Path) -> list[dict[str, Any]]:
    """The rows that have a figure.

    Raises:
        StudyError: None has it.
    """
    found = [row for row in rows if isinstance(row.get(figure), int | float)]
    if not found:
        raise StudyError(
            f"no {figure} is known of the architectures of the run in {str(run)!r}",
            hint=f"`nas latency {run}` measures latency; `nas trials {run} --json` lists figures.",
        )
    return found

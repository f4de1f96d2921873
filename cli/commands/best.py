"""``nas best RUN``."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.device_costs import best_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nas.metric import Metric


_COLUMNS = ("params", "macs")
"""Figures with columns of their own in the table."""


@click.command(
    "best",
    epilog=options.examples(
        "nas best runs/resnet-cluttered-digits",
        "nas best runs/resnet-cluttered-digits --trial 78 --out found.json",
        "nas best runs/resnet-cluttered-digits --constraint 'latency<=5ms'",
        "nas best runs/resnet-cluttered-digits --pareto --by latency",
    ),
)
@click.argument("run", type=options.Place())
@click.option(
    "--trial",
    metavar="N",
    type=options.Name(),
    help="Show another architecture: number of its trial, or first characters of its hash.",
)
@click.option("--pareto", is_flag=True, help="Show the Pareto front of the objectives.")
@click.option(
    "--by",
    metavar="FIGURE",
    type=options.Name(),
    help="With --pareto: the front of score and this figure, such as latency, and its knee.",
)
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="LIMIT",
    help='Show the best one within a limit, such as "latency<=5ms" or "macs<=40M"; repeatable.',
)
@click.option(
    "--latency",
    "profile",
    metavar="FILE",
    type=options.Place(),
    help="What `nas latency RUN` wrote (default: latency.json in the run).",
)
@click.option(
    "--space",
    metavar="FILE.py:NAME",
    type=options.Name(),
    help="Your own space, if the run has one; needed for --out.",
)
@click.option(
    "--out",
    type=options.Place(),
    help="Write the graph into a JSON file; with --pareto, all graphs into a directory.",
)
@options.common
def command(
    run: Path,
    trial: str | None,
    pareto: bool,
    by: str | None,
    constraints: tuple[str, ...],
    profile: Path | None,
    space: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the best architecture of a run and the files of its model, or another of its trials.

    `nas train RUN#78` and `nas predict RUN#78` also take the architecture of trial 78.
    """
    if trial is not None and pareto:
        raise click.UsageError("--trial shows one architecture, --pareto several: give one option")
    if by is not None and not pareto:
        raise click.UsageError("--by is for --pareto")
    if by is not None and out is not None:
        raise click.UsageError("--by shows a front and writes no graphs: leave out --out")
    if constraints and (pareto or trial is not None):
        raise click.UsageError(
            "--constraint shows one architecture: leave out --trial and --pareto"
        )
    if by is not None:
        _show_front(run, by, profile, as_json=as_json)
    elif constraints:
        within = best_within(run, constraints, profile)
        _show_trial(run, str(within["number"]), space, out, profile, as_json=as_json)
    elif pareto:
        _show_pareto(run, space, out, as_json=as_json)
    elif trial is not None:
        _show_trial(run, trial, space, out, profile, as_json=as_json)
    else:
        _show_best(run, space, out, as_json=as_json)


def _show_best(run: Path, space: str | None, out: Path | None, *, as_json: bool) -> None:
    from cli.output import count, emit_json, pairs, quality
    from cli.runs import metric_of
    from nas.errors import counted

    result = _found(run)
    best, files = result["best"], {**result["files"], **_written(run, result["best"], space, out)}
    if as_json:
        emit_json({**best, "samples": result.get("samples"), "files": files})
        return
    trained, kind, samples = best["trained"] or {}, metric_of(run), _samples(result)
    pairs(
        {
            "architecture": best["architecture"],
            f"test {kind.metric}": quality(
                trained.get("test_accuracy"), kind, samples.get("test")
            ),
            f"val {kind.metric}": _ranked(trained, kind, samples),
            **_estimate(best, kind),
            "size": f"{counted(best['params'], 'parameter')}, {count(best['macs'])} MACs",
            "name": f"{_name(best)}, hash {best['hash'][:8]}",
            **files,
            **_next_steps(run, files),
        },
        cut=("architecture",),
    )


def _next_steps(run: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Lines to copy that use the model of a run; none if it has no model."""
    if "model" not in files:
        return {}
    folder = str(run / "best")
    return {
        "in Python": f"import sys; sys.path.append({folder!r}); from model import load",
        "in ONNX": shlex.join(["nas", "export", str(run), "--format", "onnx"]),
    }


def _show_trial(
    run: Path,
    name: str,
    space: str | None,
    out: Path | None,
    profile: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show all recorded facts of one trial."""
    from cli.device_costs import costs_of_run, described_cost
    from cli.output import emit_json, pairs
    from cli.runs import typed
    from cli.short_name import find_trial

    row = {key: typed(key, value) for key, value in find_trial(run, name).items()}
    costs = costs_of_run(run, profile).get(str(row["hash"]), {})
    files = _written(run, row, space, out)
    if as_json:
        figures = {key: asdict(cost) for key, cost in costs.items()}
        emit_json({**row, **({"device": figures} if costs else {}), "files": files})
        return
    known = {key: value for key, value in row.items() if value is not None}
    on_device = {name: described_cost(name, cost) for name, cost in costs.items()}
    pairs({**known, "number": f"#{row['number']}", **on_device, **files})


def _show_front(run: Path, by: str, profile: Path | None, *, as_json: bool) -> None:
    """Show the front of the score and a figure, the architectures of least cost first."""
    from cli.device_costs import front_by
    from cli.output import emit_json, quality, table
    from cli.runs import metric_of

    rows, best = front_by(run, by, profile)
    if as_json:
        emit_json([{**row, "knee": index == best} for index, row in enumerate(rows)])
        return
    kind = metric_of(run)
    table(
        ("trial", by, "score", "epochs", f"val {kind.metric}", "hash", "architecture", ""),
        [
            (
                f"#{row['number']}",
                _number(row[by]),
                f"{row['score']:.3f}",
                row.get("epochs") or "–",
                quality(row.get("val_accuracy"), kind),
                row["hash"][:8],
                row["architecture"],
                "knee" if index == best else "",
            )
            for index, row in enumerate(rows)
        ],
    )


def _show_pareto(run: Path, space: str | None, out: Path | None, *, as_json: bool) -> None:
    from cli.exported import export_members
    from cli.output import count, emit_json, table
    from cli.runs import metric_of, objectives_of

    result = _found(run)
    members: Sequence[dict[str, Any]] = result["pareto"]
    files = {} if out is None else export_members(run, members, space, out)
    if as_json:
        shown = [{**found, "files": files.get(found["number"], {})} for found in members]
        emit_json(shown)
        return
    kind, samples = metric_of(run), _samples(result)
    goals = [
        (place, name) for place, name in enumerate(objectives_of(run)) if name not in _COLUMNS
    ]
    rows = [
        (
            f"#{found['number']}",
            found["hash"][:8],
            *[_number(found["values"][place]) for place, _ in goals],
            (found["trained"] or {}).get("epochs", "–"),
            _ranked(found["trained"] or {}, kind, samples),
            count(found["params"]),
            count(found["macs"]),
            found["architecture"],
        )
        for found in members
    ]
    trained = ("epochs", f"val {kind.metric}")
    table(
        (
            "trial",
            "hash",
            *[name for _, name in goals],
            *trained,
            "params",
            "MACs",
            "architecture",
        ),
        rows,
    )
    if out is not None:
        click.echo(f"\nwritten to {out}")


def _found(run: Path) -> dict[str, Any]:
    """The result of a run, which must have found an architecture."""
    from cli.runs import read_result
    from nas.errors import StudyError

    result = read_result(run)
    if result["best"] is None:
        raise StudyError(
            f"the run in {str(run)!r} has found nothing: {result['stopped']}",
            hint=f"`nas trials {run} --json` lists all trials.",
        )
    return result


def _written(
    run: Path, found: Mapping[str, Any], space: str | None, out: Path | None
) -> dict[str, str]:
    """The written file of a graph; empty without ``--out``."""
    if out is None:
        return {}
    from cli.exported import write_graph

    write_graph(run, found, space, out)
    return {"graph": str(out)}


def _samples(result: Mapping[str, Any]) -> Mapping[str, int]:
    """Sizes of the splits; earlier versions did not record them."""
    return result.get("samples") or {}


def _ranked(trained: Mapping[str, Any], kind: Metric, samples: Mapping[str, int]) -> str:
    """The accuracy on the ranking split, or the mean over several draws of it."""
    from cli.output import quality

    size = samples.get("ranking", 0) * trained.get("splits", 1)
    return quality(trained.get("val_accuracy"), kind, size)


def _estimate(best: Mapping[str, Any], kind: Metric) -> dict[str, str]:
    """The figures with predicted weights; none for a baseline."""
    from cli.output import quality

    known = best["estimate"]
    if known is None:
        return {}
    return {
        "estimate": f"{kind.metric} {quality(known['accuracy'], kind)}, loss {known['loss']:.3f}"
    }


def _name(found: Mapping[str, Any]) -> str:
    """``#78``, or the name of a baseline; earlier versions recorded only the number."""
    return str(found.get("name") or f"#{found['number']}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}"

"""``nas best RUN``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path


@click.command("best")
@click.argument("run", type=options.Place())
@options.common
def command(run: Path, as_json: bool, quiet: bool) -> None:
    """The best architecture of a run, and the files of its model."""
    from cli.output import count, emit_json, pairs, quality
    from cli.runs import metric_of, read_result
    from nas.errors import StudyError, counted

    result = read_result(run)
    best = result["best"]
    if best is None:
        raise StudyError(
            f"the run in {str(run)!r} has found nothing: {result['stopped']}",
            hint=f"`nas trials {run} --json` lists what was tried.",
        )
    if as_json:
        emit_json({**best, "files": result["files"]})
        return
    trained, kind = best["trained"] or {}, metric_of(run)
    pairs(
        {
            "architecture": best["architecture"],
            f"test {kind.metric}": quality(trained.get("test_accuracy"), kind),
            f"val {kind.metric}": quality(trained.get("val_accuracy"), kind),
            "estimate": f"{kind.metric} {quality(best['estimate']['accuracy'], kind)}, "
            f"loss {best['estimate']['loss']:.3f}",
            "size": f"{counted(best['params'], 'parameter')}, {count(best['macs'])} MACs",
            "trial": best["number"],
            **result["files"],
        },
        cut=("architecture",),
    )

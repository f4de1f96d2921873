"""``nas trials RUN``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "trials",
    epilog=options.examples(
        "nas trials runs/resnet-cluttered-digits --top 20",
    ),
)
@click.argument("run", type=options.Place())
@click.option("--top", default=20, show_default=True, help="Rows to show; 0 shows all.")
@options.common
def command(run: Path, top: int, as_json: bool, quiet: bool) -> None:
    """List the candidates of a run by score; with --json all trials in order.

    Score, accuracy and loss belong to predicted weights; epochs and val accuracy to the longest
    training. `nas best RUN --trial 78` shows all facts of #78, `nas train RUN#78` trains it.
    """
    from cli.device_costs import costs_of_run, described_cost
    from cli.output import count, emit_json, quality, table
    from cli.runs import metric_of, read_trials, typed
    from nas.errors import counted

    rows = read_trials(run)
    if as_json:
        emit_json([{key: typed(key, value) for key, value in row.items()} for row in rows])
        return
    scored = [row for row in rows if row["loss"] and not row["duplicate_of"]]
    scored.sort(key=lambda row: float(row["score"]), reverse=True)
    shown = scored[:top] if top else scored
    kind = metric_of(run)
    trained = ("epochs", f"val {kind.metric}")
    costs = costs_of_run(run)
    measured = ("latency",) if costs else ()
    table(
        (
            "trial",
            "score",
            kind.metric,
            "loss",
            *trained,
            "params",
            "MACs",
            *measured,
            "hash",
            "architecture",
        ),
        [
            (
                f"#{row['number']}",
                f"{float(row['score']):.3f}",
                quality(float(row["accuracy"]), kind),
                f"{float(row['loss']):.3f}",
                row.get("epochs") or "–",
                quality(float(row["val_accuracy"]) if row.get("val_accuracy") else None, kind),
                count(float(row["params"])),
                count(float(row["macs"])),
                *(described_cost(name, costs.get(row["hash"], {}).get(name)) for name in measured),
                row["hash"][:8],
                row["architecture"],
            )
            for row in shown
        ],
    )
    click.echo(
        f"\n{len(shown)} of {counted(len(scored), 'scored candidate')}, "
        f"{counted(len(rows), 'trial')}"
    )

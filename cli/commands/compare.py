"""``nas spaces compare``: comparison of two spaces by random networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from nas.analysis.error_distribution import ErrorDistribution
    from nas.evaluate.scorer import Scorer
    from nas.events import Listener
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.goals.constraints import Constraint

_GENERATION = 32


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@options.data
@options.weights()
@click.option(
    "--sample",
    type=click.IntRange(2),
    default=100,
    show_default=True,
    help="Number of networks to draw from each space.",
)
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="LIMIT",
    help='Such as "macs>=10e6" or "macs<=20e6"; repeatable.',
)
@click.option("--images", default=384, show_default=True, help="Images of the ranking split.")
@options.device
@options.workers
@options.seed
@click.option("--out", type=options.Place(), metavar="FILE.svg", help="Draw the distributions.")
@options.common
def command(
    first: str,
    second: str,
    dataset: str,
    data_dir: Path | None,
    weights: str | None,
    sample: int,
    constraints: tuple[str, ...],
    images: int,
    device: str,
    workers: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare two spaces by the errors of random networks with predicted weights.

    The better space has the higher curve: more of its networks are below each error. Constraints
    give both samples similar costs.
    """
    from cli.output import emit_json, listener
    from cli.setup import out_file, use_device
    from cli.space import find_space
    from hypernets.suited import suited_to_modules
    from nas.analysis.error_distribution import difference
    from nas.data.catalog import load
    from nas.evaluate.scorer import ScoreConfig, Scorer
    from nas.files import write_text
    from nas.report.error_curves import svg_curves
    from nas.seeding import rng
    from nas.study.goals.constraints import parse_constraints

    limits = parse_constraints(constraints)
    torch_device, threads = use_device(device, workers)
    file = None if out is None else out_file(out)
    listen = listener(quiet=quiet)
    data = load(dataset, data_dir=data_dir, seed=0, listen=listen)
    spaces = [find_space(name, data.task) for name in (first, second)]
    hypernet = suited_to_modules(data, weights, device=torch_device, listen=listen)
    config = ScoreConfig(images=images, workers=threads)
    scorer = Scorer(hypernet, data, config, device=torch_device)
    rows: list[dict[str, Any]] = []
    found = []
    for number, (name, space) in enumerate(zip((first, second), spaces, strict=True)):
        drawn = _drawn(space, sample, limits, rng(seed, "compare", number))
        errors = _errors(drawn, scorer, listen)
        found.append(_distribution(space, errors.values()))
        rows.append(_row(name, drawn, errors, found[-1]))
    curves = dict(zip(_labels(first, second), found, strict=True))
    differ = difference(*found)
    if file is not None:
        write_text(file, svg_curves(curves, label="error with predicted weights"))
    if as_json:
        ks = {"statistic": differ.statistic, "pvalue": differ.pvalue}
        emit_json({"spaces": rows, "kolmogorov_smirnov": ks, "file": file})
        return
    _show(rows, curves)
    click.echo(
        f"\nKolmogorov-Smirnov: {differ.statistic:.3f}, "
        f"{differ.pvalue:.2g} likely if the spaces were equally good"
    )


def _drawn(
    space: SearchSpace, count: int, limits: Sequence[Constraint], rng: np.random.Generator
) -> list[Candidate]:
    from functools import partial

    from nas.space.constrained_sampling import sample_feasible
    from nas.study.goals.constraints import is_feasible

    return sample_feasible(space, count, rng, partial(is_feasible, limits))


def _errors(
    drawn: Sequence[Candidate], scorer: Scorer, listen: Listener
) -> dict[Candidate, float]:
    """Errors with predicted weights; networks that cannot be scored are left out."""
    from nas.evaluate.scorer import Estimate
    from nas.events import stage

    found: dict[Candidate, float] = {}
    with stage(listen, drawn[0].space.name, len(drawn)) as progress:
        for start in range(0, len(drawn), _GENERATION):
            generation = drawn[start : start + _GENERATION]
            for candidate, estimate in zip(generation, scorer(generation), strict=True):
                if isinstance(estimate, Estimate):
                    found[candidate] = 1 - estimate.accuracy
            progress.advance(start + len(generation))
    return found


def _distribution(space: SearchSpace, errors: Iterable[float]) -> ErrorDistribution:
    from nas.analysis.error_distribution import ErrorDistribution
    from nas.errors import InfeasibleError

    known = tuple(errors)
    if not known:
        raise InfeasibleError(
            f"no network of space {space.name!r} could be scored",
            hint="`nas rank` on the same space shows why.",
        )
    return ErrorDistribution(known)


def _row(
    name: str,
    drawn: Sequence[Candidate],
    errors: Mapping[Candidate, float],
    found: ErrorDistribution,
) -> dict[str, Any]:
    from statistics import median

    from nas.analysis.cost import cost

    costs = [cost(candidate.network) for candidate in drawn]
    return {
        "space": name,
        "networks": len(drawn),
        "scored": len(errors),
        "mean": found.mean,
        "median": found.median,
        "least": found.least,
        "median_macs": median(known.macs for known in costs),
        "median_params": median(known.params for known in costs),
        "errors": list(found.errors),
        "best_ranges": _best_ranges(errors),
    }


def _best_ranges(errors: Mapping[Candidate, float]) -> dict[str, dict[str, float]]:
    """The range of the best values of each numeric parameter that all networks have."""
    from dataclasses import asdict

    from nas.analysis.error_distribution import best_range

    shared = set.intersection(*(set(candidate.params) for candidate in errors))
    return {
        name: asdict(best_range([c.params[name] for c in errors], list(errors.values())))
        for name in next(iter(errors)).params
        if name in shared and all(type(c.params[name]) in (int, float) for c in errors)
    }


def _labels(first: str, second: str) -> tuple[str, str]:
    """Two different names, even for one space compared with itself."""
    return (first, second) if first != second else (first, f"{second} (again)")


def _show(rows: Sequence[dict[str, Any]], curves: dict[str, ErrorDistribution]) -> None:
    from cli.output import count, percent, table
    from nas.report.error_curves import text_curves

    click.echo(f"{text_curves(curves)}\n")
    table(
        ("space", "networks", "mean error", "median", "least", "MACs", "params"),
        [
            (
                row["space"],
                row["scored"],
                percent(row["mean"]),
                percent(row["median"]),
                percent(row["least"]),
                count(row["median_macs"]),
                count(row["median_params"]),
            )
            for row in rows
        ],
    )

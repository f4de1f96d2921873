"""``nas rank``: scores with predicted weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_GENERATION = 32
_FORM = "`nas rank --sample 3 --json` shows architectures as they are written."


@click.command("rank")
@options.space
@click.option(
    "--archs",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON list of architectures in the notation of the space.",
)
@click.option("--sample", type=click.IntRange(1), help="Draw that many distinct architectures.")
@options.data
@options.resolution
@click.option(
    "--weights",
    metavar="NAME|DIR",
    type=options.Name(),
    help="Hypernetwork: shipped name or directory (default: the fitting).",
)
@click.option("--images", default=384, show_default=True, help="Images of the ranking split.")
@options.device
@options.workers
@options.seed
@options.common
def command(
    space: str,
    archs: str | None,
    sample: int | None,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    weights: str | None,
    images: int,
    device: str,
    workers: int | None,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score architectures without training any: best first, or in the order given with --json."""
    from dataclasses import asdict
    from time import perf_counter

    from cli.output import count, emit_json, listener, quality, table
    from cli.setup import use_device
    from cli.space import find_space
    from hypernets.suited import suited
    from nas.analysis.cost import cost
    from nas.analysis.figure import known_from
    from nas.data.catalog import load
    from nas.evaluate.scorer import Failure, ScoreConfig, Scorer
    from nas.events import stage

    if (archs is None) == (sample is None):
        raise click.UsageError("give either --archs FILE.json or --sample N")
    torch_device, threads = use_device(device, workers)
    listen = listener(quiet=quiet)
    data = load(dataset, data_dir=data_dir, resolution=resolution, seed=0, listen=listen)
    chosen = find_space(space, data.task)
    candidates = _read(archs, chosen) if archs else _draw(chosen, sample or 0, seed)
    hypernet = suited(chosen, data, weights, device=torch_device, listen=listen)
    config = ScoreConfig(images=images, workers=threads)
    start = perf_counter()
    scorer = Scorer(hypernet, data, config, device=torch_device)
    estimates = []
    with stage(listen, "rank", len(candidates)) as progress:
        for first in range(0, len(candidates), _GENERATION):
            estimates += scorer(candidates[first : first + _GENERATION])
            progress.advance(len(estimates), per_second=len(estimates) / progress.elapsed)
    rows: list[dict[str, Any]] = []
    for candidate, estimate in zip(candidates, estimates, strict=True):
        costs = cost(candidate.network)
        row: dict[str, Any] = {
            "architecture": candidate.architecture,
            **dict.fromkeys((*known_from("weights"), "reason")),
            "params": costs.params,
            "macs": costs.macs,
        }
        if isinstance(estimate, Failure):
            row["reason"] = estimate.reason
        else:
            row |= asdict(estimate)
        rows.append(row)
    if as_json:
        emit_json({"scores": rows, "seconds": round(perf_counter() - start, 3)})
        return
    kind = data.task.traits
    rows.sort(key=lambda row: (row["score"] is not None, row["score"]), reverse=True)
    table(
        ("score", kind.metric, "loss", "params", "MACs", "architecture"),
        [
            (
                "failed" if row["score"] is None else f"{row['score']:.3f}",
                quality(row["accuracy"], kind),
                "–" if row["loss"] is None else f"{row['loss']:.3f}",
                count(row["params"]),
                count(row["macs"]),
                row["architecture"],
            )
            for row in rows
        ],
    )


def _read(file: str, space: SearchSpace) -> list[Candidate]:
    from cli.architecture import not_in_space
    from nas.errors import EncodingError
    from nas.files import read_json
    from nas.space.candidate import candidate

    texts = read_json(
        Path(file),
        list,
        lambda why: EncodingError(
            f"expected a JSON list of strings in {file!r}: {why}", hint=_FORM
        ),
    )
    if not all(isinstance(text, str) for text in texts):
        raise EncodingError(f"expected a JSON list of strings in {file!r}", hint=_FORM)
    candidates = []
    for number, text in enumerate(texts):
        try:
            candidates.append(candidate(space, text))
        except EncodingError as error:
            raise not_in_space(space, error, f"entry {number} of {file!r} is ") from None
    return candidates


def _draw(space: SearchSpace, number: int, seed: int) -> list[Candidate]:
    """Distinct notations; isomorphic cells may both be drawn, as a table lists both."""
    from nas.errors import ConfigError, counted
    from nas.seeding import rng
    from nas.space.candidate import sample

    size = space.size()
    if size is not None and number > size:
        raise ConfigError(
            f"space {space.name!r} has {counted(size, 'architecture')}, fewer than {number}"
        )
    draw = rng(seed, "rank")
    found: dict[str, Candidate] = {}
    while len(found) < number:
        candidate = sample(space, draw)
        found.setdefault(candidate.architecture, candidate)
    return list(found.values())

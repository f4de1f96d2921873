"""``nas rank``: scores with predicted weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

_FORM = "`nas rank --sample 3 --json` shows architectures in this notation."


@click.command(
    "rank",
    epilog=options.examples(
        "nas rank --space nb201 --dataset cifar10 --sample 300",
    ),
)
@options.space
@click.option(
    "--archs",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON list of architectures in the notation of the space.",
)
@click.option("--sample", type=click.IntRange(1), help="Number of distinct architectures to draw.")
@options.data
@options.resolution
@options.val_fraction
@options.weights("none")
@options.images
@options.device
@options.processes
@options.memory_per_worker
@options.seed
@options.common
def command(
    space: str,
    archs: str | None,
    sample: int | None,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    val_fraction: float | None,
    weights: str | None,
    images: int,
    device: str,
    workers: int | None,
    memory: int | None,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score architectures without training; best first, with --json in the given order."""
    from time import perf_counter

    from cli.output import count, emit_json, listener, quality, table
    from cli.setup import use_device
    from cli.space import find_space
    from cli.workers import workers_for
    from hypernets.suited import suited
    from nas.data.catalog import load
    from nas.evaluate.ranking import rank
    from nas.evaluate.scorer import ScoreConfig

    if (archs is None) == (sample is None):
        raise click.UsageError("give either --archs FILE.json or --sample N")
    torch_device, threads = use_device(device, workers)
    listen = listener(quiet=quiet)
    data = load(
        dataset,
        data_dir=data_dir,
        resolution=resolution,
        val_fraction=val_fraction,
        seed=0,
        listen=listen,
    )
    chosen = find_space(space, data.task)
    candidates = _read(archs, chosen) if archs else None
    hypernet = suited(chosen, data, weights, device=torch_device, listen=listen)
    start = perf_counter()
    with workers_for(workers, memory=memory) as executor:
        ranked = rank(
            chosen,
            data,
            hypernet,
            candidates,
            sample=sample,
            scoring=ScoreConfig(images=images, workers=threads),
            seed=seed,
            device=str(torch_device),
            executor=executor,
            listen=listen,
        )
    if as_json:
        rows = [one.to_dict() for one in sorted(ranked, key=lambda one: one.position)]
        emit_json({"scores": rows, "seconds": round(perf_counter() - start, 3)})
        return
    kind, samples = data.task.traits, min(images, len(data.val))
    table(
        ("score", kind.metric, "loss", "params", "MACs", "architecture"),
        [
            (
                "failed" if one.estimate is None else f"{one.estimate.score:.3f}",
                quality(None if one.estimate is None else one.estimate.accuracy, kind, samples),
                "–" if one.estimate is None else f"{one.estimate.loss:.3f}",
                count(one.cost.params),
                count(one.cost.macs),
                one.architecture,
            )
            for one in ranked
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

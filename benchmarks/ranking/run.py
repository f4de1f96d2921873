"""How well scores rank trained architectures, beside counts, proxies and other weights.

NAS-Bench-201 with a shipped hypernetwork, then with one that is trained first for each seed, then
another space with architectures that ``truth.py`` has trained:

    python -m benchmarks.ranking.run --data-dir data
    python -m benchmarks.ranking.run --data-dir data --train steps=5000,workers=2
    python -m benchmarks.ranking.run --truth truth.json --weights runs/nasnet-cifar10-ghn2

What is finished lies in the folder ``--out``; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from benchmarks.ranking import sample, table
from benchmarks.ranking.contest import Contest
from benchmarks.ranking.row import Row, kept
from benchmarks.ranking.summary import Summary, markdown, summarise
from cli.progress import Display
from hypernets.cards import WEIGHTS, directory_of
from hypernets.checkpoint import load
from hypernets.suited import usual_proxy
from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.config import from_mapping
from nas.data import catalog
from nas.evaluate.scorer import ScoreConfig
from nas.files import write_json
from nas.task.images import SCORE_WEIGHTS
from search_spaces.registry import parse_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace

PARTS = ("figures", "baselines", "one-shot", "short")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--weights", nargs="+", default=["nb201-cifar10"], help="hypernetworks, in turn by seed")
    add("--train", nargs="?", const="", metavar="SETTINGS", help="train one for each seed instead")
    add("--hypernet", default="ghn2", help="with --train: entry of `nas hypernets`")
    add("--proxy", metavar="SIZES", help="with --train: channels=16,cells=1,resolution=16")
    add("--space", help="with macro sizes after a colon; nb201, or that of --truth")
    add("--dataset", help="cifar10, or that of --truth")
    add("--data-dir", type=Path, help="where its files lie")
    add("--truth", type=Path, nargs="+", help="files of truth.py; all their architectures")
    add("--cells", type=int, default=1000, help="architectures in a sample")
    add("--seeds", type=int, nargs="+", default=[1, 2, 3], help="samples; --truth takes the first")
    add("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    add("--short-cells", type=int, default=100, help="architectures that are trained alone")
    add("--short-steps", type=int, help="steps of each (default: what equal cost buys)")
    add("--one-shot-steps", type=int, help="steps of the supernet (default: as the hypernetwork)")
    add("--training-seconds", type=float, help="of the hypernetwork (default: as on its card)")
    add("--images", type=int, default=ScoreConfig.images, help="of the ranking split")
    add("--workers", type=int, default=1, help="threads that score networks side by side")
    add("--out", type=Path, default=Path("runs/ranking"), help="folder of what is finished")
    add("--card", type=Path, help="card.json to write the figures into")
    chosen = parser.parse_args(arguments)
    chosen.parts = chosen.only.split(",")
    if not set(chosen.parts) <= set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}")
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; progress goes to stderr."""
    options = parse(arguments)
    torch.set_num_threads(1)
    truth, about = table.trained(options.truth) if options.truth else (table.published(), {})
    data = catalog.load(
        options.dataset or about.get("dataset", "cifar10"), data_dir=options.data_dir
    )
    space = search_spaces.get(
        options.space or about.get("space", "nb201"),
        data.task,
        **({"resolution": about["resolution"]} if about.get("resolution") else {}),
    )
    seeds: list[int] = options.seeds[:1] if options.truth else options.seeds
    samples = []
    for turn, seed in enumerate(seeds):
        chosen = (
            sample.everything(space, truth)
            if options.truth
            else sample.draw(space, truth, options.cells, seed)
        )
        rows = contest_rows(
            options, hypernet(options, space, data, turn, seed), chosen, data, seed
        )
        if not options.truth:
            rows += real_trainings(chosen)
        samples.append((chosen.truth, rows))
    lines = summarise(samples)
    sizes = " and ".join(sorted({str(len(true)) for true, _ in samples}))
    print(f"{space.name}: mean (largest less smallest) of {len(seeds)} x {sizes} architectures\n")
    print(markdown(lines))
    if options.card:
        write_card(options.card, "NAS-Bench-201" if not options.truth else space.name, lines)


def hypernet(
    options: argparse.Namespace, space: SearchSpace, data: Dataset, turn: int, seed: int
) -> Path:
    """Directory of the hypernetwork of a seed, trained there first with ``--train``."""
    if options.train is None:
        return directory_of(options.weights[turn % len(options.weights)])
    directory: Path = options.out / f"hypernet-{seed}"
    settings = {"workers": options.workers, **parse_sizes(options.train, "--train")}
    train_hypernet(
        space,
        data,
        directory,
        hypernet=options.hypernet,
        proxy=parse_sizes(options.proxy, "--proxy") if options.proxy else usual_proxy(space),
        training=from_mapping(HypernetTraining, {**settings, "seed": seed}),
        command=shlex.join(sys.argv),
        listen=Display(),
    )
    return directory


def contest_rows(
    options: argparse.Namespace, directory: Path, chosen: sample.Sample, data: Dataset, seed: int
) -> list[Row]:
    """The rows of a sample, those of each part from its file if it is finished."""
    contest = Contest(
        sample=chosen,
        data=data,
        predictor=load(directory),
        seed=seed,
        config=ScoreConfig(images=options.images, workers=options.workers),
        short_cells=options.short_cells,
        short_steps=options.short_steps,
        one_shot_steps=options.one_shot_steps,
        training_seconds=options.training_seconds,
        listen=Display(),
    )
    makers = {
        "figures": contest.figures,
        "baselines": contest.baselines,
        "one-shot": contest.one_shot,
        "short": contest.short,
    }
    card = contest.predictor.card
    common = (chosen.digest, data.fingerprint, repr(chosen.space), seed, dict(card.proxy))
    training = {key: value for key, value in card.training.items() if key != "command"}
    trained = (options.images, training, options.training_seconds)
    depends = {
        "figures": (
            *trained,
            dict(card.reference),
            dict(SCORE_WEIGHTS),
            (directory / WEIGHTS).read_bytes(),
        ),
        "baselines": (),
        "one-shot": (*trained, options.one_shot_steps),
        "short": (*trained, options.short_cells, options.short_steps),
    }
    rows = []
    for part in options.parts:
        key = blake2b(repr((common, depends[part])).encode(), digest_size=4).hexdigest()
        rows += kept(options.out / f"{part}-{seed}-{key}.json", makers[part])
    return rows


def real_trainings(chosen: sample.Sample) -> list[Row]:
    """What published trainings of every cell would say: 12 epochs, and the ceiling."""
    rows = []
    for column, weights in (("c10_val12", "12 epochs"), ("c10_val200", "200 epochs")):
        found = table.published(column)
        values = [found[one.architecture] for one in chosen.candidates]
        rows.append(
            Row(
                score="validation accuracy",
                weights=f"trained, {weights}",
                values=values,
                cell_seconds=math.nan,
            )
        )
    return rows


def write_card(file: Path, title: str, lines: Sequence[Summary]) -> None:
    """Add the agreement of scores with predicted weights, and of MACs, to a card."""
    taus = {"kendall": "tau", "top_kendall": "top-decile tau"}
    measured = {
        f"{title} {name} of {line.score}": round(line.mean(measure), 3)
        for line in lines
        if line.weights == "predicted" or line.score == "MACs"
        for measure, name in taus.items()
        if math.isfinite(line.mean(measure))
    }
    card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    write_json(file, {**card, "measured": {**card["measured"], **measured}})


if __name__ == "__main__":
    main()

"""From which initial weights do brief trainings rank better, and full ones end higher?

    python -m benchmarks.regnet.initial_weights --data-dir data

Random RegNets are trained briefly and fully, from torch's default weights and from those of the
general hypernetwork, on the data of ``run.py``; random cells of NAS-Bench-201, whose accuracies
after 200 epochs are published, briefly only, and from weights of the hypernetwork of that space
too. What is finished lies in ``--out``: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import torch

import search_spaces
from benchmarks.ranking.table import published
from benchmarks.regnet.random_arm import drawn
from benchmarks.regnet.run import print_ranking
from benchmarks.regnet.trainings import Scale, Trainings
from hypernets.checkpoint import load
from nas.analysis.agreement import kendall
from nas.analysis.cost import cost
from nas.evaluate.scorer import Scorer
from nas.seeding import rng
from nas.space.candidate import candidate, sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.regnet.trainings import Training
    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

LIMIT = 2e6
"""Most multiply-accumulates of a RegNet."""

_LEAST = 0.8
"""Published accuracy of the poorest cell that is taken; anything tells those that do not work."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--networks", type=int, default=39, help="RegNets trained from default weights")
    add("--predicted", type=int, default=28, help="of these, trained from predicted ones")
    add("--every", type=int, default=4, help="of these, one in so many is trained fully")
    add("--cells", type=int, default=13, help="of NAS-Bench-201")
    add("--general", default="deepnets-cifar10", help="hypernetwork for any space")
    add("--own", default="nb201-cifar10", help="hypernetwork of NAS-Bench-201")
    add("--out", type=Path, default=Path("runs/regnet/weights"), help="folder of what is finished")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    options = parse(arguments)
    torch.set_num_threads(1)
    brief = Scale(space="regnet", resolution=16, images=5000, ranking=2000, epochs=1, limit=LIMIT)
    data, general = brief.data(options.data_dir), load(options.general)
    print("| space | networks | from | epochs | τ |\n| --- | --- | --- | --- | --- |")
    kinds = {"default": None, "general": general}
    briefly, fully = (
        {name: _kept(scale, data, options.out, name, kinds[name]) for name in kinds}
        for scale in (brief, replace(brief, epochs=3))
    )
    regnets = brief.space_for(data)
    print_regnets(briefly, fully, regnets, options)
    print()
    fits = Scorer(general, data, is_feasible=lambda network: cost(network).macs <= LIMIT)
    print_ranking(regnets, fully["default"].known(), fits)
    own = load(options.own)
    cells = replace(brief, space="nb201", limit=1e9)
    kinds["own"] = own
    print_cells(
        {name: _kept(cells, data, options.out, name, kinds[name]) for name in kinds},
        search_spaces.get("nb201", data.task).at(**own.card.proxy),
        options.cells,
    )


def _kept(
    scale: Scale, data: Dataset, out: Path, name: str, predictor: WeightPredictor | None
) -> Trainings:
    return Trainings(scale, data, out / f"{scale.space}-{name}-{scale.epochs}.json", predictor)


def print_regnets(
    brief: Mapping[str, Trainings],
    full: Mapping[str, Trainings],
    space: SearchSpace,
    options: argparse.Namespace,
) -> None:
    """Agreement of brief trainings with full ones, and what full ones bring."""
    networks = [candidate(space, known.architecture) for known in full["default"].known()]
    networks += drawn(space, LIMIT, 100, options.networks)
    networks = list({one.architecture: one for one in networks}.values())[: options.networks]
    truth = [_mean(full["default"](one)) for one in networks]
    some = networks[: options.predicted]
    for name, trained in (("default", networks), ("default", some), ("general", some)):
        reached = [brief[name](one).val for one in trained]
        print(f"| regnet | {len(trained)} | {name} | 1 | {_tau(reached, truth)} |", flush=True)
    both = some[:: options.every]
    print("\n| epochs | networks | from default, % | from predicted, % |")
    print("| --- | --- | --- | --- |")
    for epochs, kept, trained in ((1, brief, some), (3, full, both)):
        means = [fmean(_mean(kept[name](one)) for one in trained) for name in brief]
        shown = " | ".join(f"{100 * mean:.1f}" for mean in means)
        print(f"| {epochs} | {len(trained)} | {shown} |", flush=True)


def print_cells(brief: Mapping[str, Trainings], space: SearchSpace, count: int) -> None:
    """Agreement of brief trainings with published ones of 200 epochs."""
    table = published()
    cells = _working(space, table, count)
    truth = [table[cell.architecture] for cell in cells]
    print("\n| space | networks | from | epochs | τ | mean, % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, train in brief.items():
        reached = [train(cell).val for cell in cells]
        tau, mean = _tau(reached, truth), 100 * fmean(reached)
        print(f"| nb201 | {len(cells)} | {name} | 1 | {tau} | {mean:.1f} |", flush=True)


def _working(space: SearchSpace, table: Mapping[str, float], count: int) -> list[Candidate]:
    """Random cells that work, no two of them isomorphic."""
    stream, found = rng(7, "nb"), dict[str, "Candidate"]()
    while len(found) < count:
        cell = sample(space, stream)
        if table[cell.architecture] >= _LEAST:
            found.setdefault(cell.hash, cell)
    return list(found.values())


def _mean(training: Training) -> float:
    return (training.val + training.test) / 2


def _tau(reached: Sequence[float], truth: Sequence[float]) -> str:
    tau = kendall(reached, truth[: len(reached)])
    return "–" if tau is None else f"{tau:.2f}"


if __name__ == "__main__":
    main()

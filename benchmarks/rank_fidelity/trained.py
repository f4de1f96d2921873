"""How well does a hypernetwork trained in the space of a table rank it?

    python -m benchmarks.rank_fidelity.trained DIR --table nb301 --data-dir data

DIR is what ``nas train-hypernet`` wrote. Beside its figures stand those that the stored results
hold for the same networks: the costs, NASWOT, and the figures of the general hypernetwork.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np
import torch

import nas
from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.pool import pools
from benchmarks.rank_fidelity.zero_labels import SCORES, tau
from benchmarks.truth import table as truth
from cli.progress import Display
from hypernets.checkpoint import load
from nas.evaluate.estimate import Estimate
from nas.evaluate.scorer import Scorer
from nas.events import stage
from nas.seeding import rng
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

_FOLDER = Path(__file__).parent / "results"
_BESIDE = ("MACs", "parameters", "NASWOT, untrained", "Brier", "read-out", "score")
_SIGNS = {"brier": -1, "readout": -1, "naswot": 1, "score": 1}
_RESAMPLES = 200


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the networks of a table, and print the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("weights", type=Path, metavar="DIR", help="the hypernetwork")
    add("--table", choices=truth.names(), required=True)
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--count", type=int, default=150, help="networks of the stored results")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    table = truth.read(options.table)
    data = nas.load_dataset(table.dataset, data_dir=options.data_dir)
    space = table.search_space(data.task)
    rows = store.read(_FOLDER / f"{table.name}{store.SUFFIX}")["rows"][: options.count]
    score = Scorer(load(options.weights), data)
    found: list[Estimate] = []
    with stage(Display(), table.name, len(rows)) as progress:
        for row in rows:
            (estimate,) = score([candidate(space, row["architecture"])])
            assert isinstance(estimate, Estimate)
            found.append(estimate)
            progress.advance(len(found))
    own = {
        name: np.array([sign * getattr(one, name) for one in found])
        for name, sign in _SIGNS.items()
    }
    (pool,) = (pool for pool in pools(_FOLDER) if pool.name == table.name)
    print("\n".join(lines(pool, own)))


def lines(pool: Pool, own: Mapping[str, Floats]) -> Iterator[str]:
    """The rows of the table: tau, and how far above MACs with its bootstrap error."""
    count = len(next(iter(own.values())))
    beside = {name: SCORES[name](pool) for name in _BESIDE}
    known = {name: values[:count] for name, values in beside.items() if values is not None}
    truths = [values[:count] for values in pool.truths.values()]
    draws = rng(0, "resample", pool.name).integers(count, size=(_RESAMPLES, count))

    def mean(values: Floats, rows: slice | np.ndarray = slice(None)) -> float:
        return fmean(tau(values[rows], truth[rows]) for truth in truths)

    yield "| figure | τ | above MACs |"
    yield "| --- | --- | --- |"
    for name, values in {**known, **{f"own {name}": one for name, one in own.items()}}.items():
        ahead = [mean(values, rows) - mean(known["MACs"], rows) for rows in draws]
        yield f"| {name} | {mean(values):.2f} | {fmean(ahead):+.2f} ± {stdev(ahead):.2f} |"


if __name__ == "__main__":
    main()

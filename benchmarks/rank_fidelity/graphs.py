"""How well do figures and a few trainings rank graph networks, by kind of task?

    python -m benchmarks.rank_fidelity.graphs

prints the tables of the results that ``benchmarks.rank_fidelity.run`` has stored.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from itertools import chain, combinations
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import RidgeCV

from benchmarks.rank_fidelity.ceiling import ceiling, repeated
from benchmarks.rank_fidelity.few_labels import PENALTIES, draws
from benchmarks.rank_fidelity.fit import RESULTS, fitted
from benchmarks.rank_fidelity.measure import GRAPHS
from benchmarks.rank_fidelity.pool import Pool, pools
from benchmarks.rank_fidelity.zero_labels import SCORES, figure, ranks, tau
from benchmarks.truth import table as truth
from nas.analysis.cost import cost
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.rank_fidelity.pool import Floats
    from nas.study.selection.regressor import Prior

CORA = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)

LABELS = (5, 10, 20, 50)

_FORMER = "MACs, short paths"
"""Of which the score consisted until it was judged here."""

ZERO_LABELS: Mapping[str, Callable[[Pool], Floats | None]] = {
    **{name: SCORES[name] for name in ("random", "parameters", "MACs", "activations", "layers")},
    "short paths": ranks({"mean_path": -1.0}),
    "NASWOT": figure("general:naswot"),
    "read-out": figure("general:readout"),
    _FORMER: ranks({"macs": 1.0, "mean_path": -1.0}),
    "score": figure("general:score"),
    "foreign NASWOT": figure("foreign:naswot"),
    "foreign read-out": figure("foreign:readout"),
    "foreign accuracy": figure("foreign:accuracy"),
    "foreign score": figure("foreign:score"),
}
"""With untrained weights, and with those of a hypernetwork of another space."""

_CHOSEN_ON = "nas-bench-graph"
"""The table on which the score was chosen; GraphGym judges it."""

_SUMMANDS = {
    "params": 1.0,
    "macs": 1.0,
    "activation_bytes": 1.0,
    "layers": 1.0,
    "general:naswot": 1.0,
    "general:readout": 1.0,
    "mean_path": -1.0,
}
"""Figures of which the score could consist, with their signs."""

_MOST_SUMMANDS, _BEST = 5, 5

_BY_COSTS = {
    "score": {"activation_bytes": 1.0, "mean_path": -1.0},
    _FORMER: {"macs": 1.0, "mean_path": -1.0},
    "short paths": {"mean_path": -1.0},
}
"""What costs alone allow."""

_KINDS = {
    "Cora": ("Cora",),
    "CiteSeer": ("CiteSeer",),
    "Computers, CS": ("AmazonComputers", "CoauthorCS"),
    "graphs": ("TU_",),
    "synthetic": ("scalefree",),
}
"""How the names of GraphGym's tasks begin, by kind."""

_DIFFERENCE = "regressor - ridge on costs"
_RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Group:
    """Measures of one table that count as one column.

    Attributes:
        name: Name of the column.
        pool: The measured architectures.
        measures: Those of the pool over which a mean is taken.
    """

    name: str
    pool: Pool
    measures: Sequence[str]


def groups(known: Sequence[Pool]) -> list[Group]:
    """The columns of the tables."""
    found = []
    for pool in known:
        kinds = _KINDS if pool.name == "graphgym" else {pool.name: ("",)}
        found += [
            Group(kind, pool, [one for one in pool.truths if one.startswith(beginnings)])
            for kind, beginnings in kinds.items()
        ]
    return found


def taus(score: Floats, accuracies: Floats, copies: Floats) -> Floats:
    """Kendall's tau-b (R,) of R resamples, given the copies (R, N) of each architecture."""
    by_score, by_accuracy = (np.sign(one[:, None] - one) for one in (score, accuracies))
    agree, first, second = (
        np.einsum("rn,nm,rm->r", copies, product, copies, optimize=True)
        for product in (by_score * by_accuracy, by_score**2, by_accuracy**2)
    )
    norm = np.sqrt(first * second)
    return np.asarray(agree / np.where(norm > 0, norm, 1.0))


def resamples(pool: Pool) -> Floats:
    """How often each architecture is drawn, (1 + R, N): the first row holds each of them once."""
    count = len(pool)
    drawn = rng(0, "resample", pool.name).multinomial(count, [1 / count] * count, _RESAMPLES)
    return np.concatenate([np.ones((1, count)), drawn])


def zero_labels(columns: Sequence[Group]) -> Iterator[str]:
    """One row for each score, with its bootstrap error; the ceilings first."""
    yield _line("ranked by", *(group.name for group in columns))
    yield _line(*["---"] * (1 + len(columns)))
    yield _line("the same trainings again", *(f"{_ceiling(group):.2f}" for group in columns))
    found = {
        name: [_taus(score, group) for group in columns] for name, score in ZERO_LABELS.items()
    }
    for name, values in found.items():
        yield _line(name, *map(_cell, values))
    ahead = zip(found["score"], found[_FORMER], strict=True)
    yield _line(f"score - ({_FORMER})", *(_cell(score - former) for score, former in ahead))


def _taus(score: Callable[[Pool], Floats | None], group: Group) -> Floats:
    """The tau of a score, mean of the measures, in each resample."""
    values, copies = score(group.pool), resamples(group.pool)
    assert values is not None
    every = [taus(values, group.pool.truths[one], copies) for one in group.measures]
    return np.asarray(np.mean(every, 0))


def _ceiling(group: Group) -> float:
    table = truth.read(group.pool.name)
    if table.deviations:
        return fmean(repeated(table, measure) for measure in group.measures)
    found, *_ = ceiling(table.name)
    assert found is not None
    return found


def sums(group: Group) -> Iterator[str]:
    """The best sums of equal ranks, from which the score was chosen."""
    numbers = range(1, _MOST_SUMMANDS + 1)
    found = {
        names: float(_taus(ranks({name: _SUMMANDS[name] for name in names}), group)[0])
        for names in chain.from_iterable(combinations(_SUMMANDS, number) for number in numbers)
    }
    yield _line(f"best of {len(found)} sums of ranks", group.name)
    yield _line("---", "---")
    for names in sorted(found, key=lambda names: -found[names])[:_BEST]:
        yield _line(", ".join(names).replace("general:", ""), f"{found[names]:.2f}")


def by_costs(table: truth.TruthTable) -> Iterator[str]:
    """Scores that need costs alone, on all architectures of a table."""
    space = table.search_space(CORA)
    costs = [asdict(cost(space.graph(space.decode(one)))) for one in table.rows]
    pool = Pool(
        name=table.name,
        family=table.family,
        truths={
            name: np.array([found[place] for found in table.rows.values()])
            for place, name in enumerate(table.measures)
        },
        figures={name: np.array([one[name] for one in costs], float) for name in costs[0]},
        choices=costs,
    )
    yield _line("ranked by", f"all {len(pool)} of {table.name}")
    yield _line("---", "---")
    for name, weights in _BY_COSTS.items():
        score = ranks(weights)(pool)
        assert score is not None
        yield _line(name, f"{fmean(tau(score, one) for one in pool.truths.values()):.2f}")


def few_labels(columns: Sequence[Group], others: Sequence[Pool]) -> Iterator[str]:
    """Each ranker by the number of labels; the prior is fitted to all other spaces."""
    pools = [*others, *{group.pool.name: group.pool for group in columns}.values()]
    priors = {
        family: fitted([pool for pool in pools if pool.family != family])
        for family in {group.pool.family for group in columns}
    }
    yield _line("tasks", "ranked by", *LABELS)
    yield _line(*["---"] * (2 + len(LABELS)))
    for group in columns:
        found = [_learnt(group, labels, priors[group.pool.family]) for labels in LABELS]
        for ranker in found[0]:
            yield _line(group.name, ranker, *(_cell(values[ranker]) for values in found))


def _learnt(group: Group, labels: int, prior: Prior) -> dict[str, Floats]:
    """The tau of each ranker on what is left, mean of draws and measures, in each resample."""
    pool, copies = group.pool, resamples(group.pool)
    choices = DictVectorizer(sparse=False).fit_transform(
        [{name: str(choice) for name, choice in one.items()} for one in pool.choices]
    )
    found: dict[str, list[Floats]] = {}
    for measure in group.measures:
        accuracies = pool.truths[measure]
        for draw in draws(pool, measure, "general", labels, prior):
            ridge = RidgeCV(PENALTIES).fit(
                choices[draw.labelled], normal_scores(accuracies[draw.labelled])
            )
            rankings = {**draw.rankings, "ridge on choices": ridge.predict(choices)}
            left = np.zeros(len(pool))
            left[draw.left] = 1
            for ranker, values in rankings.items():
                found.setdefault(ranker, []).append(taus(values, accuracies, copies * left))
    means = {ranker: np.mean(values, 0) for ranker, values in found.items()}
    return {**means, _DIFFERENCE: means["regressor"] - means["ridge on costs"]}


def _cell(values: Floats) -> str:
    """The value of all architectures, and the standard deviation over resamples."""
    return f"{values[0]:.2f} ± {values[1:].std():.2f}"


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    folder = parser.parse_args(arguments).results
    columns = groups(pools(folder / GRAPHS))
    parts = (
        zero_labels(columns),
        sums(next(group for group in columns if group.name == _CHOSEN_ON)),
        by_costs(truth.read(_CHOSEN_ON)),
        few_labels(columns, pools(folder)),
    )
    print("\n\n".join("\n".join(part) for part in parts))


if __name__ == "__main__":
    main()

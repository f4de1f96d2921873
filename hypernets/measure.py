"""Measurements of a trained hypernetwork on random architectures, for its card."""

from __future__ import annotations

from dataclasses import asdict, replace
from statistics import fmean
from typing import TYPE_CHECKING

from nas.analysis.cost import cost
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.events import ignore, stage
from nas.seeding import rng
from nas.space.candidate import sample

if TYPE_CHECKING:
    import torch

    from hypernets.card import HypernetCard
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.space.search_space import SearchSpace

ARCHITECTURES = 128
_GENERATION = 16


def measure(
    hypernet: GraphHyperNetwork,
    space: SearchSpace,
    data: Dataset,
    *,
    seed: int = 0,
    workers: int = 1,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> HypernetCard:
    """The card with accuracies of random architectures and the reference of scores.

    :func:`hypernets.cards.save_card` puts it into the directory of a checkpoint.

    Args:
        hypernet: A hypernetwork trained in this space.
        space: The space at full size; networks are run at the sizes on the card.
        data: Data set at full resolution; accuracies are those on the ranking split.
        seed: Seed of the architectures.
        workers: Threads that run networks in parallel.
        device: Device of the computation and of the hypernetwork.
        listen: Receives progress events.
    """
    draw = rng(seed, "measure")
    candidates = [sample(space, draw) for _ in range(ARCHITECTURES)]
    config = ScoreConfig(workers=workers)
    scorer = Scorer(hypernet, data, config, device=device)
    proxy = scorer.proxy(space)
    rows = []
    with stage(listen, "measure", ARCHITECTURES) as progress:
        for first in range(0, ARCHITECTURES, _GENERATION):
            generation = candidates[first : first + _GENERATION]
            for candidate, estimate in zip(generation, scorer(generation), strict=True):
                if isinstance(estimate, Estimate):
                    network = proxy.graph(candidate.params).simplified
                    rows.append({**asdict(estimate), **asdict(cost(network))})
            progress.advance(first + len(generation))
    accuracies = [row["accuracy"] for row in rows] or [0.0]
    weights = data.task.traits.score_weights
    reference = dict(ScoreAggregate.fit(rows, weights).reference) if rows else {}
    return replace(
        hypernet.card,
        measured={
            f"mean accuracy of {len(accuracies)} architectures": round(fmean(accuracies), 4),
            f"best accuracy of {len(accuracies)} architectures": round(max(accuracies), 4),
        },
        reference=reference,
    )

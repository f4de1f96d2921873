"""How well a trained hypernetwork predicts, for its card."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.seeding import rng
from nas.space.candidate import sample

if TYPE_CHECKING:
    import torch

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace

ARCHITECTURES = 16
IMAGES = 512


def measure(
    hypernet: GraphHyperNetwork,
    space: SearchSpace,
    data: Dataset,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> dict[str, float]:
    """Accuracy on the ranking split of random architectures with predicted weights.

    Args:
        hypernet: Trained in this space.
        space: At full size; the card says at which size networks are run.
        data: At full resolution.
        seed: Of the architectures.
        device: Where to compute; the hypernetwork is expected there.
    """
    draw = rng(seed, "measure")
    candidates = [sample(space, draw) for _ in range(ARCHITECTURES)]
    answers = Scorer(hypernet, data, ScoreConfig(images=IMAGES), device=device)(candidates)
    accuracies = [entry.accuracy for entry in answers if isinstance(entry, Estimate)]
    return {
        f"mean accuracy of {ARCHITECTURES} architectures": round(fmean(accuracies or [0.0]), 4),
        f"best accuracy of {ARCHITECTURES} architectures": round(max(accuracies, default=0.0), 4),
    }

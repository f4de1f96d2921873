"""What is measured without training a network of the space."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.ranking.untrained import untrained
from nas.analysis.cost import cost
from nas.compile.module import to_module
from nas.evaluate.naswot import naswot
from nas.evaluate.scorer import Estimate, Scorer
from nas.space.candidate import candidate
from nas.testing.dataset import images_of
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace

BATCH = 64
_PATTERNS = 64
_REPEATS = 12


def floor(data: Dataset) -> dict[str, float]:
    """Test accuracies of classifiers that are no networks."""
    train, test = images_of(data.train), images_of(data.test)
    known, asked = (split.images.flatten(1).numpy() / 255 for split in (train, test))
    models = {
        "3 nearest neighbours": KNeighborsClassifier(3),
        "logistic regression": LogisticRegression(max_iter=200),
    }
    return {
        name: round(float(model.fit(known, train.labels).score(asked, test.labels)), 4)
        for name, model in models.items()
    }


def step_milliseconds(network: Graph, data: Dataset) -> float:
    """Least time of the processor for one training step of 64 images."""
    module = to_module(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    batch = images_of(data.train).spread(BATCH).whole()
    times = []
    for _ in range(_REPEATS):
        start = process_time()
        optimiser.zero_grad()
        with safe_convolutions(torch.device("cpu")):
            F.cross_entropy(module(*batch.inputs), batch.labels).backward()
        optimiser.step()
        times.append(process_time() - start)
    return round(1e3 * min(times), 1)


def untrained_figures(network: Graph, data: Dataset) -> dict[str, float]:
    """Figures that need neither training nor a hypernetwork."""
    found = cost(network)
    images = images_of(data.train).spread(_PATTERNS).whole().inputs[0]
    return {
        "naswot": round(naswot(network, untrained(network, 0), images), 3),
        "macs": found.macs,
        "params": found.params,
        "activation_bytes": found.activation_bytes,
    }


def predicted_figures(
    space: SearchSpace, data: Dataset, predictor: WeightPredictor, architectures: Sequence[str]
) -> list[dict[str, float]]:
    """Figures of the product's scorer with predicted weights."""
    scorer = Scorer(predictor, data)
    found = []
    for estimate in scorer([candidate(space, text) for text in architectures]):
        if not isinstance(estimate, Estimate):
            raise SystemExit(f"a network could not be scored: {estimate.reason}")
        found.append({name: round(value, 5) for name, value in vars(estimate).items()})
    return found

"""How well networks do with predicted parameters."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.compile.apply import apply, calibrate
from nas.config import from_mapping
from nas.evaluate.readout import HeadFeatures
from nas.events import Listener, ignore, stage
from nas.files import write_json
from nas.task.classes import cross_entropy
from nas.training.device import channels_last
from nas.training.starts.fitted.head import fit_head
from nas.training.starts.sample import even

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor

IMAGES = 512
CALIBRATION = 256


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one network does on the ranking split.

    Attributes:
        accuracy: Share of images classified right; 0 where class scores are not finite.
        loss: Mean cross-entropy; None where class scores are not finite.
    """

    accuracy: float
    loss: float | None


class Judge:
    """Runs networks on images of the ranking split, batch norms calibrated on training images.

    Args:
        data: At the resolution of the networks.
        head: Training images that the last layer is fitted to in closed form, in place of the
            predicted one; it is kept if None.
    """

    def __init__(self, data: Dataset, head: int | None = None) -> None:
        self._fitted_to = None
        if head is not None:
            images, labels = data.train.subset(even(data.train.labels, head, 0)).whole()
            self._fitted_to = channels_last(images), labels
        self._calibration = channels_last(data.train.spread(CALIBRATION).whole().inputs)
        images, self._labels = data.val.spread(IMAGES).whole()
        self._images = channels_last(images)

    @torch.no_grad()
    def __call__(self, predictor: WeightPredictor, graph: Graph) -> Verdict:
        """The verdict on a network with predicted parameters."""
        (params,) = predictor.predict([graph])
        statistics = calibrate(graph, params, *self._calibration)
        params = {**params, **statistics}
        if self._fitted_to is not None:
            params |= _head(graph, params, *self._fitted_to)
        logits = apply(graph, params, *self._images)
        loss = float(F.cross_entropy(logits, self._labels))
        if not math.isfinite(loss):
            return Verdict(accuracy=0.0, loss=None)
        right = (logits.argmax(1) == self._labels).float()
        return Verdict(accuracy=float(right.mean()), loss=loss)


def _head(
    graph: Graph, params: Mapping[str, Tensor], images: tuple[Tensor, ...], labels: Tensor
) -> dict[str, Tensor]:
    """Parameters of the last layer, fitted to what it reads; none where that is not finite."""
    read = HeadFeatures(graph)
    apply(graph, params, *images, observe=read)
    last = graph.outputs[0]
    if read.features is None or not read.features.isfinite().all():
        return {}
    targets = F.one_hot(labels, len(params[f"{last}.weight"])).float()
    draw = torch.Generator().manual_seed(0)
    head = fit_head(read.features.flatten(1), targets, labels, cross_entropy, draw)
    return {f"{last}.weight": head.weight, f"{last}.bias": head.bias}


def judged(
    directory: Path,
    split: str,
    judge: Judge,
    predictor: WeightPredictor,
    graphs: Sequence[Graph],
    listen: Listener = ignore,
) -> list[Verdict]:
    """Verdicts on the networks of a split, kept in a file of the directory."""
    file = directory / f"{split}-{_digest(graphs)}.json"
    if not file.exists():
        verdicts = []
        with stage(listen, split, len(graphs)) as progress:
            for graph in graphs:
                verdicts.append(asdict(judge(predictor, graph)))
                progress.advance(len(verdicts))
        write_json(file, {"verdicts": verdicts})
    found = json.loads(file.read_text(encoding="utf-8"))["verdicts"]
    return [from_mapping(Verdict, one) for one in found]


def _digest(graphs: Sequence[Graph]) -> str:
    """Hex digits that tell networks and their order apart."""
    return blake2b(" ".join(graph.hash() for graph in graphs).encode(), digest_size=4).hexdigest()

"""Gradient steps on weights that lie outside a module."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.seeding import generator
from nas.task.batch import Batch
from nas.training.config import TrainConfig
from nas.training.device import channels_last
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph

RECIPE = TrainConfig()


class Descent:
    """Training by the product's own recipe, one batch at a time.

    Args:
        data: At the resolution of the networks.
        steps: All steps to come; the rate rises, then follows a cosine down to zero.
        batch_size: Images in a step.
        seed: Of images and augmentation.
    """

    def __init__(self, data: Dataset, *, steps: int, batch_size: int, seed: int) -> None:
        self._data = data
        self._steps = steps
        self._batch_size = batch_size
        self._draw = generator(seed, "descent")
        self._done = 0
        self._known: set[int] = set()
        self._optimiser = torch.optim.SGD(
            [{"params": []}],
            lr=RECIPE.lr,
            momentum=RECIPE.momentum,
            weight_decay=RECIPE.weight_decay,
            nesterov=True,
        )

    @torch.enable_grad()
    def step(self, graph: Graph, params: Mapping[str, Tensor]) -> None:
        """Improve the weights of a network on the next batch; the others are left alone."""
        fresh = [tensor for tensor in params.values() if id(tensor) not in self._known]
        if fresh:
            self._known.update(map(id, fresh))
            self._optimiser.add_param_group({"params": fresh})
        rate = RECIPE.lr * RECIPE.rate(self._done, self._steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._done += 1
        batch = self._batch()
        with safe_convolutions(batch.labels.device):
            loss = F.cross_entropy(
                apply(graph, params, *batch.inputs),
                batch.labels,
                label_smoothing=RECIPE.label_smoothing,
            )
        if not math.isfinite(loss.item()):
            return
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(params.values()), RECIPE.clip)
        self._optimiser.step()

    def _batch(self) -> Batch:
        """Training images (B, C, H, W), augmented, and labels (B,)."""
        drawn = self._data.train.drawn(self._batch_size, self._draw)
        inputs, labels = self._data.task.traits.vary(drawn, self._data.flip, self._draw)
        return Batch(channels_last(inputs), labels)

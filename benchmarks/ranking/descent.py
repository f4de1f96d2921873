"""Gradient steps on weights that lie outside a module."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.seeding import generator
from nas.train.augment import augment
from nas.train.schedule import warm_cosine
from nas.train.train import TrainConfig

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
        rate = RECIPE.lr * warm_cosine(self._done, self._steps, RECIPE.warmup)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._done += 1
        images, labels = self._batch()
        loss = F.cross_entropy(
            apply(graph, params, images), labels, label_smoothing=RECIPE.label_smoothing
        )
        if not math.isfinite(loss.item()):
            return
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(params.values()), RECIPE.clip)
        self._optimiser.step()

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Augmented training images (B, C, H, W) and labels (B,)."""
        split = self._data.train
        indices = torch.randint(len(split), (self._batch_size,), generator=self._draw)
        images = augment(split.normalised(indices), flip=self._data.flip, generator=self._draw)
        return images.contiguous(memory_format=torch.channels_last), split.labels[indices]

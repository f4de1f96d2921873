"""What a training step of a hypernetwork costs beyond its target networks' own."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from benchmarks.speed.clock import Clock, Times, times
from benchmarks.speed.generation import GenerationSizes, plain
from benchmarks.speed.subject import TASK, hypernetwork
from nas.compile.apply import apply
from nas.training.device import autocast
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

    from nas.graph.graph import Graph

SPLIT = "train"
FORMS = {
    "fp32": (torch.contiguous_format, "fp32"),
    "fp32, channels last": (torch.channels_last, "fp32"),
    "bf16, channels last": (torch.channels_last, "bf16"),
}
"""Memory layout of the images, and precision."""


@dataclass(frozen=True, kw_only=True)
class MetaStep:
    """Seconds of one step.

    Attributes:
        parts: ``build`` of the graphs, ``predict``, ``targets`` forward and backward with
            predicted parameters, ``backward`` through the hypernetwork, ``update`` of it, and
            the ``whole``.
        targets: Forward and backward of the same networks as plain modules.
    """

    parts: Mapping[str, Times]
    targets: Times

    @property
    def beyond(self) -> float:
        """Time beyond that of the plain networks, in units of it."""
        return self.parts["whole"].median / self.targets.median - 1


def meta_step(form: str, sizes: GenerationSizes, clock: Clock) -> MetaStep:
    """Measure steps on the same networks of the training split."""
    return _Trainer(form, sizes, clock).measured()


class _Trainer:
    """Steps as ``nas train-hypernet`` takes them, and the target networks by themselves."""

    def __init__(self, form: str, sizes: GenerationSizes, clock: Clock) -> None:
        layout, self._precision = FORMS[form]
        self._clock = clock
        self._images = sizes.images().contiguous(memory_format=layout)
        self._labels = torch.randint(TASK.classes, (sizes.batch,))
        self._candidates = [sizes.candidate(SPLIT, index) for index in range(sizes.networks)]
        self._modules = [plain(candidate.network) for candidate in self._candidates]
        self._hypernet = hypernetwork().train()
        self._optimiser = torch.optim.AdamW(self._hypernet.parameters())
        self._taken: dict[str, list[float]] = defaultdict(list)

    def measured(self) -> MetaStep:
        found = self._clock.compare({"whole": self._step, "targets": self._alone})
        parts = {part: times(seconds[1:]) for part, seconds in self._taken.items()}  # no warm-up
        return MetaStep(parts={**parts, "whole": found["whole"]}, targets=found["targets"])

    def _step(self) -> None:
        with self._part("build"):
            graphs = [one.space.graph(one.params).simplified for one in self._candidates]
        with self._part("predict"):
            predicted = self._hypernet.predict(graphs)
        with self._part("targets"):
            grads = [
                self._gradients(graph, params)
                for graph, params in zip(graphs, predicted, strict=True)
            ]
        with self._part("backward"):
            self._optimiser.zero_grad()
            pairs = [
                (params[name], grad)
                for params, found in zip(predicted, grads, strict=True)
                for name, grad in found.items()
            ]
            torch.autograd.backward([out for out, _ in pairs], [grad for _, grad in pairs])
        with self._part("update"):
            torch.nn.utils.clip_grad_norm_(self._hypernet.parameters(), 5.0)
            self._optimiser.step()

    def _gradients(self, graph: Graph, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Gradients of the loss by the parameters that it depends on."""
        leaves = {name: tensor.detach().requires_grad_() for name, tensor in params.items()}
        self._descend(lambda: apply(graph, leaves, self._images))
        return {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}

    def _alone(self) -> None:
        for module in self._modules:
            module.zero_grad()
            self._descend(partial(module, self._images))

    def _descend(self, forward: Callable[[], Tensor]) -> None:
        device = torch.device("cpu")
        with autocast(device, self._precision), safe_convolutions(device):
            loss = F.cross_entropy(forward().float(), self._labels)
        loss.backward()

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        start = self._clock.now()
        yield
        self._taken[name].append(self._clock.now() - start)

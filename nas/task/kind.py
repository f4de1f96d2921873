"""The record of a kind of task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from nas.metric import Metric
from nas.registry import Registry
from nas.task.batch import Batch, Inputs

Vary = Callable[[Batch, bool, torch.Generator], Batch]
"""Changes a training batch at random; the second argument allows images to be mirrored."""


class TaskLoss(Protocol):
    """The loss of a kind of task."""

    def __call__(
        self, outputs: Tensor, labels: Tensor, smoothing: float, weights: Tensor | None = None, /
    ) -> Tensor:
        """Mean loss of outputs (rows, outputs).

        Args:
            outputs: Of a network.
            labels: As in :class:`nas.task.batch.Batch`.
            smoothing: Share of label smoothing.
            weights: Weight of each class; equal if None.
        """


@dataclass(frozen=True, kw_only=True)
class TaskKind(Metric):
    """One kind of task; the machinery reads this record and has no branch on the kind.

    Attributes:
        name: As in :attr:`nas.task.Task.kind`.
        sample: Word for one sample in messages.
        output: Word for the meaning of one output in messages.
        width: Name of the size of a task that is the width of a sample.
        on_graph: Whether the samples are nodes of one graph, which networks take as features and
            edges, all at once.
        usual: Sizes of a task where no data set is named.
        example: Inputs of zeros for a network, from the width and the resolution of samples.
        spec: Shapes of one sample as input of a network, from width and resolution.
        brief_epochs: Length of a brief training; an epoch on a graph is one step.
        full_epochs: Length of a full training.
        finalists: Number of architectures that a search trains briefly.
        training: Differences from the defaults of :class:`nas.training.TrainConfig`.
        unsuited: Why methods of training make no sense here, by their names.
        score_weights: Weight of each figure in the score, in the space a hypernetwork was trained
            in; see :class:`nas.evaluate.ScoreAggregate`.
        general_score_weights: The same in other spaces.
        untrained_score_weights: The same where predictions are at chance.
        hypernet: Entry of :data:`hypernets.HYPERNETS` that suits networks of this kind.
        hypernet_rate: Peak learning rate of a hypernetwork's training.
        scales_inputs: Whether a hypernetwork scales the weights that read the inputs by one over
            their size.
        starts_predicted: Whether trainings may start from predicted weights.
        founders: Finalists that the ranking chooses before mutants of the best are trained, where
            no ranking has proved itself.
        vary: Augments a batch for the training of a network.
        vary_for_hypernet: Augments a batch for the training of a hypernetwork.
        loss: Mean loss of outputs (rows, outputs) for labels.
        figures: ``accuracy`` (the metric, higher better), ``loss`` and ``brier`` of outputs for
            the labels of all their rows.
        targets: Outputs (rows, outputs) of a perfect network for labels and a number of outputs.
        usage: Python that calls an exported network ``network``, for its card; braces name fields
            of the task.
    """

    name: str
    sample: str
    output: str
    width: Literal["channels", "features"]
    on_graph: bool
    usual: Mapping[str, int]
    example: Callable[[int, int], Inputs]
    spec: Callable[[int, int], tuple[tuple[int, ...], ...]]
    brief_epochs: int
    full_epochs: int
    finalists: int
    training: Mapping[str, Any]
    unsuited: Mapping[str, str]
    score_weights: Mapping[str, float]
    general_score_weights: Mapping[str, float]
    untrained_score_weights: Mapping[str, float]
    hypernet: str
    hypernet_rate: float
    scales_inputs: bool
    starts_predicted: bool
    founders: int
    vary: Vary
    vary_for_hypernet: Vary
    loss: TaskLoss
    figures: Callable[[Tensor, Tensor], dict[str, float]]
    targets: Callable[[Tensor, int], Tensor]
    usage: str


KINDS: Registry[TaskKind] = Registry("kind of task")

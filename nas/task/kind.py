"""All that is particular to a kind of task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from nas.registry import Registry
from nas.task.batch import Batch, Inputs

Vary = Callable[[Batch, bool, torch.Generator], Batch]
"""Changes a training batch at random; the second argument allows images to be mirrored."""


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """One kind of task: the machinery reads it, and never asks which kind it is.

    Attributes:
        name: As in :attr:`nas.task.Task.kind`.
        sample: What one sample is called, in messages.
        output: What one output of a network stands for, in messages.
        width: The size of a task that says how wide a sample is.
        on_graph: Whether the samples are nodes of one graph, which networks take as features and
            edges, all at once.
        usual: Sizes of a task where no data set is named.
        example: Zeros as a network takes them, from the width and the resolution of samples.
        spec: Shapes of one sample as a network takes it, from width and resolution.
        brief_epochs: Length of a brief training; an epoch on a graph is one step.
        full_epochs: Length of a full training.
        finalists: How many architectures a search trains briefly.
        training: How training differs from the defaults of :class:`nas.train.TrainConfig`.
        score_weights: Weight of each figure in the score, in the space a hypernetwork was trained
            in; see :class:`nas.evaluate.Blend`.
        general_score_weights: The same in other spaces.
        hypernet: Entry of :data:`hypernets.HYPERNETS` that suits networks of this kind.
        hypernet_rate: Peak learning rate of a hypernetwork's training.
        scales_inputs: Whether a hypernetwork scales the weights that read the inputs by one over
            their size.
        starts_predicted: Whether trainings may start from predicted weights.
        mutates: Whether a search trains mutants of what trained best where no ranking has proved
            itself.
        vary: Changes a batch for the training of a network.
        vary_for_hypernet: Changes a batch for the training of a hypernetwork.
        loss: Mean loss of outputs (rows, outputs) for labels, with a share of label smoothing.
        figures: ``accuracy`` (the metric, higher better), ``loss`` and ``brier`` of outputs for
            the labels of all their rows.
        metric: Name of the metric that stands as ``accuracy`` everywhere.
        metric_format: How it is printed.
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
    score_weights: Mapping[str, float]
    general_score_weights: Mapping[str, float]
    hypernet: str
    hypernet_rate: float
    scales_inputs: bool
    starts_predicted: bool
    mutates: bool
    vary: Vary
    vary_for_hypernet: Vary
    loss: Callable[[Tensor, Tensor, float], Tensor]
    figures: Callable[[Tensor, Tensor], dict[str, float]]
    metric: str
    metric_format: str
    usage: str


KINDS: Registry[TaskKind] = Registry("kind of task")

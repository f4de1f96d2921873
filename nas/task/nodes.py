"""Node classification: the classes of the nodes of one graph."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.metric import METRICS
from nas.task.augment import drop_features_and_edges
from nas.task.classes import class_figures, cross_entropy
from nas.task.kind import KINDS, TaskKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.task.batch import Batch, Inputs

NODE_CLASSIFICATION = "node-classification"

SCORE_WEIGHTS: Mapping[str, float] = {"accuracy": 1.0, "macs": 1.0, "mean_path": -1.0}
"""A third of the score is accuracy with predicted weights, not the Brier score: the networks of
some spaces squash their outputs, which the Brier score rates as low confidence. A third is
capacity: few labels need strong dropout, and strong dropout needs wide layers. A third is
shallowness: every layer of message passing makes node features more similar (Li et al. 2018,
Deeper Insights into Graph Convolutional Networks). See ``benchmarks/auto_gnn``."""

UNTRAINED_SCORE_WEIGHTS: Mapping[str, float] = {"activation_bytes": 1.0, "mean_path": -1.0}
"""Where predictions are at chance: capacity and shallowness. Capacity is the size of the
activations, since most multiply-accumulates are spent on the thousands of input features. Chosen
on NAS-Bench-Graph and judged on the designs of GraphGym, see ``benchmarks/rank_fidelity``."""


def example_graph(features: int, resolution: int) -> Inputs:
    """Three nodes of zeros on a ring: (3, F) and (2, 3)."""
    return torch.zeros(3, features), torch.tensor([[0, 1, 2], [1, 2, 0]])


def graph_shapes(features: int, resolution: int) -> tuple[tuple[int, ...], ...]:
    """Shapes of features and edges, where 1 stands for any number: (1, F) and (2, 1)."""
    return (1, features), (2, 1)


def unvaried(batch: Batch, flip: bool, generator: torch.Generator) -> Batch:
    """The batch itself: networks on graphs contain dropout."""
    return batch


def vary_graph(batch: Batch, flip: bool, generator: torch.Generator) -> Batch:
    """A graph without some features and edges: predicted networks run without their dropout."""
    return drop_features_and_edges(batch, generator)


KINDS.register(NODE_CLASSIFICATION)(
    TaskKind(
        name=NODE_CLASSIFICATION,
        sample="node",
        output="class",
        width="features",
        on_graph=True,
        usual={"classes": 7, "features": 1433},  # Cora
        example=example_graph,
        spec=graph_shapes,
        brief_epochs=30,
        full_epochs=300,
        finalists=24,  # 60, as in benchmarks/auto_gnn, take too long without a limit of size
        # Adam on the whole graph; rate and weight decay of Kipf & Welling 2017, §5.2
        training={
            "optimiser": "adam",
            "lr": 1e-2,
            "weight_decay": 5e-4,
            "label_smoothing": 0.0,
            "warmup": 0.0,
            "schedule": "constant",
            "keep": "best",
        },
        unsuited=dict.fromkeys(("mixup", "cutmix", "randaugment"), "samples are no images"),
        score_weights=SCORE_WEIGHTS,
        general_score_weights=SCORE_WEIGHTS,
        untrained_score_weights=UNTRAINED_SCORE_WEIGHTS,
        hypernet="ghn2-lowrank",  # each feature has its own meaning: weights must not repeat
        hypernet_rate=1e-3,  # higher ones diverge
        scales_inputs=True,
        # hundreds of steps hardly improve predicted weights: 74 % on Cora before and after
        starts_predicted=False,
        founders=12,
        vary=unvaried,
        vary_for_hypernet=vary_graph,
        loss=cross_entropy,
        figures=class_figures,
        targets=F.one_hot,
        **asdict(METRICS[NODE_CLASSIFICATION]),
        usage="""from model import CLASSES, load

network = load()
scores = network(x, edge_index)  # float (N, {features}) and int64 (2, E) -> (N, {classes})
classes = scores.argmax(1)  # indices into CLASSES""",
    )
)

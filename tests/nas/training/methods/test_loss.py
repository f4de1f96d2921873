from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from nas.training.config import TrainConfig
from nas.training.methods.class_weights import class_weights
from nas.training.methods.distillation import Teacher, distillation_loss
from nas.training.methods.loss import training_loss
from tests.nas.data.graphs import communities
from tests.nas.training.train_toys import toy_data

DATA = toy_data()
BATCH = next(iter(DATA.train.batches(8)))
OUTPUTS = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))


def test_classes_are_weighed() -> None:
    few = DATA.train.subset(slice(0, 4))  # classes 0, 1, 2, 0
    config = TrainConfig(balanced=True, label_smoothing=0.1)
    loss = training_loss(config, replace(DATA, train=few))
    expected = F.cross_entropy(
        OUTPUTS, BATCH.labels, class_weights(few.labels, 3), label_smoothing=0.1
    )
    torch.testing.assert_close(loss(OUTPUTS, BATCH), expected)


def test_a_teacher_has_its_share() -> None:
    torch.manual_seed(0)
    teacher = Teacher.of(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), DATA)
    config = TrainConfig(teacher_share=0.3, temperature=2.0, label_smoothing=0.0)
    taught = distillation_loss(OUTPUTS, teacher.module(*BATCH.inputs), 2.0)
    expected = 0.7 * F.cross_entropy(OUTPUTS, BATCH.labels) + 0.3 * taught
    torch.testing.assert_close(training_loss(config, DATA, teacher)(OUTPUTS, BATCH), expected)


def test_only_labelled_nodes_are_taught() -> None:
    data = communities()

    class Features(nn.Module):
        def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
            return x[:, : data.task.classes]

    teacher = Teacher.of(Features(), data)
    batch = data.train.whole()
    rows = batch.labels >= 0
    outputs = torch.randn(len(rows), data.task.classes)
    config = TrainConfig(teacher_share=1.0)
    loss = training_loss(config, data, teacher)
    before = loss(outputs, batch)
    outputs[~rows] += 1
    assert 0 < rows.sum() < len(rows)
    torch.testing.assert_close(loss(outputs, batch), before)

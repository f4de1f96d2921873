from __future__ import annotations

import pytest
import torch

from nas.errors import TrainingError
from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.training import memory
from nas.training.config import TrainConfig
from nas.training.train import train
from tests.nas.training.train_toys import toy_data, toy_graph

CPU = torch.device("cpu")


def test_weights_count_three_times_and_the_largest_output_once_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    b = GraphBuilder()
    graph = b.build(b.op(Linear(out_features=5, bias=False), b.input((1, 10))))
    takes = 4 * (3 * 50 + 7 * 5)
    monkeypatch.setattr(memory, "memory", lambda: float(takes))
    memory.check_memory(graph, 7, CPU)
    with pytest.raises(TrainingError, match="training the network takes 0 GB of memory or more"):
        memory.check_memory(graph, 8, CPU)
    memory.check_memory(graph, 8, torch.device("cuda"))


def test_a_training_beyond_the_memory_is_refused_before_it_takes_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "memory", lambda: 1e3)
    with pytest.raises(TrainingError, match="this machine has 0 GB"):
        train(toy_graph(), toy_data(), TrainConfig(epochs=1, batch_size=8))

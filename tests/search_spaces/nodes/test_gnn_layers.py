from __future__ import annotations

import numpy as np
import torch
from torch_geometric.nn import GCN, GATConv, GraphSAGE, Sequential

from nas.analysis.cost import cost
from nas.compile.module import to_module
from nas.graph.ops import BatchNorm1d, Concat, MessagePassing
from nas.graph.ops.messages.message_passing_layer import LAYERS
from nas.space.candidate import sample
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.registry import get

SPACE = get("gnn-layers", Task(kind=NODE_CLASSIFICATION, features=6, classes=3))
GRAPH = torch.randn(5, 6), torch.tensor([[0, 1, 2, 3, 4, 0], [1, 2, 3, 4, 0, 2]])
CHOICES = {"width": 64, "activation": "relu", "norm": False, "before": False, "residual": False}


def test_every_layer_is_drawn_and_runs():
    draw, ran = np.random.default_rng(0), set[str]()
    for _ in range(80):
        graph = sample(SPACE, draw).graph
        layers = {node.op.features().kind for node in graph.nodes}
        if layers - ran:
            assert to_module(graph).eval()(*GRAPH).shape == (5, 3)
        ran |= layers
    assert set(LAYERS) <= ran


def test_the_network_of_kipf_is_in_the_space():
    """Kipf & Welling 2017, but for its width of 16."""
    choices = {**CHOICES, "layer": "gcn", "depth": 1, "head": False}
    ops = [node.op for node in SPACE.at(dropout=0.0).graph(choices).nodes]
    assert [op.channels for op in ops if isinstance(op, MessagePassing)] == [32, 3]
    assert len(ops) == 3


def test_what_layers_give_may_be_normed_and_joined():
    choices = {**CHOICES, "layer": "sage", "depth": 3, "norm": True, "jump": True, "head": True}
    graph = SPACE.graph(choices)
    assert sum(isinstance(node.op, BatchNorm1d) for node in graph.nodes) == 3
    (joined,) = (node.name for node in graph.nodes if isinstance(node.op, Concat))
    assert graph.shapes[joined] == (1, 96)


def test_scores_of_heads_are_averaged():
    choices = {**CHOICES, "layer": "gat", "heads": 4, "depth": 1, "head": False}
    last = [node.op for node in SPACE.graph(choices).nodes if isinstance(node.op, MessagePassing)]
    assert [(op.channels, op.concat) for op in last] == [(32, True), (3, False)]


def test_widths_are_multiples_of_the_heads():
    choices = {**CHOICES, "layer": "gat", "heads": 8, "depth": 1, "head": True}
    graph = SPACE.at(width=100).graph(choices)
    (layer,) = (node.op for node in graph.nodes if isinstance(node.op, MessagePassing))
    assert layer.channels == 24  # a quarter of 100, rounded down


def test_known_networks_have_the_parameters_of_torch_geometric():
    cora = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
    space = get("gnn-layers", cora)
    theirs = {
        "GCN": GCN(1433, 64, 2, 7),
        "GAT": Sequential("x, e", [(GATConv(1433, 8, 8), "x, e -> x"), GATConv(64, 7, 8, False)]),
        "GraphSAGE": GraphSAGE(1433, 64, 2, 7),
        "JK-GCN": GCN(1433, 64, 2, 7, jk="cat"),
    }
    expected = {
        name: sum(weight.numel() for weight in module.parameters())
        for name, module in theirs.items()
    }
    assert {name: cost(space.graph(p)).params for name, p in space.known().items()} == expected


def test_shallow_spaces_know_no_jumps():
    assert "JK-GCN" not in SPACE.at(max_depth=1).known()

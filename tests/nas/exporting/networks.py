"""Architectures to export, and a Python that has only torch and safetensors."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import torch

from nas.compile.module import to_module
from nas.graph.builder import GraphBuilder
from nas.graph.ops import (
    AdaptiveMaxPool2d,
    BatchNorm2d,
    Bilinear,
    Call,
    Constant,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose3d,
    InstanceNorm,
    Linear,
    MaxPool2d,
    Parameter,
    PReLU,
)
from nas.graph.ops.activation import FUNCTIONS
from nas.graph.ops.messages.message_passing_layer import LAYERS
from nas.graph.ops.messages.neighbour_attention import ATTENTIONS
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.registry import get

if TYPE_CHECKING:
    from pathlib import Path

    from torch.fx import GraphModule

    from nas.graph.builder import Value
    from nas.graph.graph import Graph

SPACES = {
    "nasnet": {"channels": 4, "cells": 1},
    "darts": {"channels": 4, "cells": 3},
    "nb101": {"channels": 8, "cells": 1},
    "nb201": {"channels": 4, "cells": 1},
}
ALONE = """
import importlib.abc, sys
class OnlyTorch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {"nas", "search_spaces", "hypernets", "cli"}:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)
sys.meta_path.insert(0, OnlyTorch())
"""


def sampled(space: str, seed: int) -> Graph:
    task = Task(classes=7, channels=3, resolution=16)
    return sample(get(space, task, **SPACES[space]), np.random.default_rng(seed)).graph


def everything() -> Graph:
    """Every registered operation, every activation, and unusual attributes."""
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    with b.scope("stem"):
        x = b.conv2d(x, 8, 3, bias=True, name="conv")
        x = b.add(*(b.activation(x, function) for function in FUNCTIONS))
    x = b.layer_norm(b.group_norm(b.op(BatchNorm2d(eps=1e-3, momentum=0.01), x), 4))
    x = b.op(MaxPool2d(kernel=(3, 1), padding=(1, 0)), x)
    x = b.avg_pool(x, 3, stride=2)
    x = b.add(x, b.identity(x), b.zero(x), b.shift(x))
    x = b.concat(x, b.conv2d(x, 4, (1, 7), dilation=2, padding=(0, 6)))
    x = b.conv2d(x, 12, (3, 5), stride=(1, 2), groups=4)
    x = b.drop_path(b.dropout(x, 0.2), 0.1)
    x = b.mul(x, b.activation(b.global_avg_pool(x), "sigmoid"))
    x = b.op(AdaptiveMaxPool2d(size=2), x)
    x = b.linear(b.concat(b.flatten(x), of_tokens(b, x), of_volumes(b, x)), 6)
    x = b.op(Bilinear(out_features=6), x, x)
    table = b.op(Parameter(shape=(1, 6)), name="held.table")
    x = b.add(x, table, b.op(Constant(shape=(1, 6)), name="held.offsets"))
    return b.build(b.op(Linear(out_features=4, head=True, bias=False), x, name="head"))


def everything_on_edges() -> Graph:
    """Every operation on the nodes of a graph and their neighbours."""
    b = GraphBuilder()
    x, edges = b.input((1, 9)), b.edge_index()
    x = b.feature_dropout(x, 0.5)
    for layer in LAYERS:
        x = b.layer_norm(b.message_passing(x, edges, layer, 8, bias=layer != "gin"))
    x = b.message_passing(x, edges, "gat", 4, heads=2, concat=False)
    x = b.message_passing(x, edges, "sage", 6, aggregation="max")
    for attention in ATTENTIONS:
        x = b.graph_attention(x, edges, attention, 6, heads=2, pool=5, dropout=0.5)
        x = b.layer_norm(x)
    x = b.graph_attention(x, edges, "gat", 4, heads=2, aggregation="mean", concat=False)
    return b.build(b.op(Linear(out_features=4, head=True), x, name="head"))


def of_tokens(b: GraphBuilder, x: Value) -> Value:
    """Operations on tokens and sequences, applied to an image."""
    x = b.op(PReLU(channels=x.channels), b.conv_transpose2d(x, x.channels))
    x = b.rms_norm(b.tokens(b.op(InstanceNorm(), x)))
    x = b.add(
        x, b.attention(x, x, x, 3), b.embedding(b.op(Call(expression="x0.argmax(2)"), x), 12, 12)
    )
    x = b.batch_norm(b.conv1d(b.tokens(b.image(x, 2)), 4))
    return b.flatten(b.op(ConvTranspose1d(out_channels=3, bias=True), x))


def of_volumes(b: GraphBuilder, x: Value) -> Value:
    """Operations on volumes, applied to an image."""
    x = b.op(Call(expression="x0.unsqueeze(2)"), x)
    x = b.batch_norm(b.op(Conv3d(out_channels=4, kernel=(1, 3, 3)), x))
    return b.flatten(b.op(ConvTranspose3d(out_channels=2), x))


def trained(graph: Graph) -> GraphModule:
    """Its module with random weights and running statistics, in evaluation mode."""
    torch.manual_seed(0)
    module = to_module(graph)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) * 0.4 + 0.1)
    return module.eval()


def run_alone(script: str, folder: Path) -> str:
    """Output of a script run in a folder by a Python without this package."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", f"{ALONE}sys.path.insert(0, '.')\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nas.compile.module import to_module
from nas.errors import ConfigError
from nas.graph.builder import GraphBuilder
from nas.graph.ops import DropPath
from nas.modules.own_module import OwnModule
from nas.training.config import TrainConfig
from nas.training.methods.drop_path import with_drop_path
from nas.training.train import train
from tests.nas.training.train_toys import toy_data, toy_graph


def residual():
    """Two residual blocks; between them a sum of two branches without a shortcut."""
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    x = b.conv2d(x, 4, name="stem")
    x = b.add(x, b.relu(b.conv2d(x, 4, name="first")), name="sum1")
    x = b.add(b.conv2d(x, 4, name="left"), b.conv2d(x, 4, name="right"), name="merge")
    x = b.add(b.conv2d(x, 4, name="second"), x, name="sum2")
    return b.build(b.classifier(x, 3))


def test_residual_branches_are_dropped_and_nothing_else() -> None:
    graph = with_drop_path(residual(), 0.4)
    dropped = [(node, node.op) for node in graph.nodes if isinstance(node.op, DropPath)]
    assert [graph.consumers[node.name] for node, _ in dropped] == [("sum1",), ("sum2",)]
    assert [op.rate for _, op in dropped] == pytest.approx([0.2, 0.4])
    assert dropped[1][0].inputs == ("second",)


def test_the_network_is_the_same_when_it_is_evaluated() -> None:
    torch.manual_seed(0)
    graph, x = residual(), torch.randn(2, 3, 8, 8)
    module, dropping = to_module(graph).eval(), to_module(with_drop_path(graph, 0.5))
    dropping.load_state_dict(module.state_dict())
    assert not torch.equal(dropping.train()(x), module(x))
    assert torch.equal(dropping.eval()(x), module(x))


def test_it_is_trained_and_its_state_is_that_of_the_network() -> None:
    config = TrainConfig(epochs=2, batch_size=8)
    plain, dropped = (
        train(residual(), toy_data(), one) for one in (config, replace(config, drop_path=0.5))
    )
    assert plain.history != dropped.history
    to_module(residual()).load_state_dict(dropped.module.state_dict())


def test_networks_without_residual_branches_and_own_modules_are_refused() -> None:
    config = TrainConfig(epochs=1, drop_path=0.1)
    with pytest.raises(ConfigError, match="no branch beside an identity shortcut"):
        train(toy_graph(), toy_data(), config)
    own = OwnModule(to_module(residual()), {})
    with pytest.raises(ConfigError, match="cannot be added to your own module"):
        train(residual(), toy_data(), config, own=own)

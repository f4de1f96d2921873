from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from nas.compile.module import to_module
from nas.errors import GraphError
from nas.graph.builder import GraphBuilder
from nas.testing.dataset import images_of
from nas.training.predict import predict
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.graph.graph import Graph


class Ones:
    """Gives every parameter the value one; learnable, so that gradients would show."""

    card: Any = None

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        one = torch.ones((), requires_grad=True)
        return [{n: one.expand(s.shape) for n, s in g.parameters().items()} for g in graphs]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        raise NotImplementedError


def normalising() -> Graph:
    """Batch norm of the images themselves."""
    b = GraphBuilder()
    return b.build(b.classifier(b.batch_norm(b.input((1, 3, 8, 8)), name="norm"), 3))


def in_order():
    """Class by class, as image folders are read."""
    data = toy_data(images=288)
    return replace(data, train=data.train.subset(data.train.labels.argsort(stable=True)))


@pytest.mark.parametrize("count", [12, 96, 1000])
def test_statistics_are_measured_on_images_of_all_classes(count: int) -> None:
    """A class is brighter in its own channel, so one class alone would show in the means."""
    found = predict(normalising(), in_order(), Ones(), calibration=count).statistics
    assert found["norm.running_mean"].abs().max() < 0.15
    torch.testing.assert_close(found["norm.running_var"], torch.ones(3), rtol=0.1, atol=0)


def test_the_whole_split_gives_the_statistics_of_torch() -> None:
    data = in_order()
    images = data.train.normalised(slice(None))
    norm = torch.nn.BatchNorm2d(3, momentum=None)
    norm.train()(images)
    found = predict(normalising(), data, Ones(), calibration=len(images)).statistics
    torch.testing.assert_close(found["norm.running_mean"], norm.running_mean)
    torch.testing.assert_close(found["norm.running_var"], norm.running_var)


def test_the_module_and_the_file_hold_all_of_it(tmp_path: Path) -> None:
    predicted = predict(toy_graph(), toy_data(), Ones())
    predicted.save(tmp_path / "w.safetensors")
    state = load_file(tmp_path / "w.safetensors")
    fresh = to_module(toy_graph())
    assert fresh.load_state_dict(state, strict=False).unexpected_keys == []
    images = torch.randn(4, 3, 8, 8)
    assert not predicted.module().training
    assert torch.equal(predicted.module()(images), fresh.eval()(images))
    assert not any(tensor.requires_grad for tensor in predicted.params.values())
    assert predicted.seconds >= 0


def test_data_are_taken_at_the_networks_resolution() -> None:
    b = GraphBuilder()
    x = b.max_pool(b.input((1, 3, 4, 4)), 3)
    graph = b.build(b.classifier(b.batch_norm(x, name="norm"), 3))
    images = images_of(toy_data().at(4).train).normalised(slice(None))
    pooled = torch.nn.functional.max_pool2d(images, 3, 1, 1)
    found = predict(graph, toy_data(), Ones()).statistics["norm.running_mean"]
    torch.testing.assert_close(found, pooled.mean((0, 2, 3)))


def test_a_network_for_other_data_is_refused() -> None:
    b = GraphBuilder()
    graph = b.build(b.classifier(b.input((1, 1, 8, 8)), 3))
    with pytest.raises(GraphError, match="needs"):
        predict(graph, toy_data(), Ones())

from __future__ import annotations

import pytest
import torch

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import GraphError
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops.recorded_call import RecordedCall
from nas.graph.tensor_spec import TensorSpec

PICKED = RecordedCall(expression="x0.__getitem__(x1)", shape=(5,), dtypes=("float32", "bool"))
GRAPH = Graph(
    (TensorSpec((2, 4), "float32", "x"), TensorSpec((2, 4), "bool", "mask")),
    (Node("picked", PICKED, ("x", "mask")),),
    ("picked",),
)


def test_its_shape_is_that_of_the_recorded_run() -> None:
    assert GRAPH.shapes["picked"] == (5,)
    x = torch.arange(8.0).reshape(2, 4)
    for run in (lambda *xs: apply(GRAPH, {}, *xs), to_module(GRAPH)):
        assert run(x, x > 5).tolist() == [6, 7]  # which numbers decide


def test_json_returns_it() -> None:
    again = Graph.from_json(GRAPH.to_json())
    assert again == GRAPH
    assert again.hash() == GRAPH.hash()


def test_it_is_seen_as_its_function() -> None:
    assert PICKED.function == "torch.Tensor.__getitem__"
    assert PICKED.features() == PICKED.call.features()


@pytest.mark.parametrize("shape", [[5], (-1,), (1.5,), (True,), "5"])
def test_sizes_must_be_whole_numbers(shape) -> None:
    with pytest.raises(GraphError, match="whole numbers"):
        RecordedCall(expression="torch.relu(x0)", shape=shape)


@pytest.mark.parametrize("expression", ["open(x0)", "x0.numpy()", "torch.save(x0, 'a')", "x0; x1"])
def test_only_functions_of_torch_are_taken(expression) -> None:
    with pytest.raises(GraphError):
        RecordedCall(expression=expression, shape=(1,))

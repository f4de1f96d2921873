from __future__ import annotations

import gc
import weakref

import pytest
from torch import nn

from nas.errors import ShapeError
from nas.graph.applied import applied
from nas.graph.builder import GraphBuilder
from nas.graph.ops import Activation, Conv2d, Linear
from nas.graph.ops.layer import Layer

CONV = Conv2d(out_channels=4, bias=True)
IMAGE = ((1, 3, 8, 8),)


def test_what_follows_is_what_the_operation_says():
    found = applied(CONV, IMAGE)
    assert found.shape == (1, 4, 8, 8)
    assert found.parameters == CONV.parameters(*IMAGE)
    assert (found.params, found.macs, found.size) == (3 * 4 * 9 + 4, 64 * 3 * 4 * 9, 4 * 64)


def test_equal_operations_at_equal_shapes_are_looked_at_once():
    again = Conv2d(out_channels=4, bias=True)
    assert applied(again, IMAGE) is applied(CONV, IMAGE)
    assert applied(CONV, ((1, 3, 4, 4),)) is not applied(CONV, IMAGE)


def test_operations_with_equal_attributes_are_distinguished():
    shapes = {
        applied(op, ((1, 6, 6),)).shape
        for op in (Linear(out_features=2), Activation(function="relu"))
    }
    assert shapes == {(1, 6, 2), (1, 6, 6)}


def test_a_refusal_is_not_kept():
    for _ in range(2):
        with pytest.raises(ShapeError, match="expected an image"):
            applied(CONV, ((1, 3, 8),))


def test_a_module_inside_of_an_operation_is_let_go():
    module = nn.Linear(2, 2)
    seen = weakref.ref(module)
    applied(Layer(layer=module, shape=(1, 2)), ((1, 2),))
    del module
    gc.collect()
    assert seen() is None


def test_a_graph_has_one_for_every_node():
    b = GraphBuilder()
    x = b.input(IMAGE[0])
    dead = b.conv2d(x, 5, name="dead")
    graph = b.build(b.conv2d(x, 4, name="alive"))
    assert {name: step.shape for name, step in graph.applied.items()} == {
        dead.name: (1, 5, 8, 8),
        "alive": (1, 4, 8, 8),
    }

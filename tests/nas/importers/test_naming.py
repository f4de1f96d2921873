from __future__ import annotations

import pytest

from nas.importers.naming import Namer


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("conv1.weight", "conv1"),
        ("layer1.0.conv1.weight", "layer1_0.conv1"),
        ("0.weight", "_0"),
        ("0.1.2.bias", "_0_1_2"),
        ("blocks.3.weight", "blocks_3"),
        ("class.weight", "_class"),
        ("forward.weight", "forward_"),
        ("a-b.weight", "a_b"),
        ("weight", "weight"),
        ("ﬁ.e\u0301.weight", "fi.é"),
        ("½.weight", "_1_2"),
    ],
)
def test_a_layer_is_named_as_in_the_model(own, name) -> None:
    assert Namer([own]).owner(own) == name


def test_a_taken_name_is_numbered() -> None:
    namer = Namer([])
    assert [namer.plain("relu") for _ in range(3)] == ["relu", "relu_2", "relu_3"]


def test_no_node_is_named_like_the_scope_of_another() -> None:
    namer = Namer(["norm.inner.weight"])
    assert namer.plain("norm") == "norm_2"
    assert namer.owner("norm.inner.weight") == "norm.inner"


def test_a_layer_below_one_that_is_a_node_is_named_apart() -> None:
    namer = Namer(["block.weight", "block.inner.weight"])
    assert namer.tensor("block.weight") == "block.weight"
    assert namer.owner("block.inner.weight") == "block.inner"
    plain = Namer(["part.weight"])
    assert plain.module("part") == "part"
    assert plain.module("part.inner") == "part_inner"

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
import torch
from torch.testing import assert_close

from hypernets.checkpoint import load, save
from hypernets.config import HYPERNETS, HypernetConfig
from nas.graph.builder import GraphBuilder
from nas.graph.op import Role
from nas.graph.ops.parameter import Parameter
from nas.testing.weight_predictor import WeightPredictorConformance
from tests.hypernets.hypernet_toys import every_role, make_hypernet, samples, tiny_space

if TYPE_CHECKING:
    from pathlib import Path

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.graph.graph import Graph

SHAPES: list[tuple[int, ...]] = [
    (),
    (1,),
    (19,),
    (1, 1, 1, 11),
    (12, 20),
    (1, 9, 12),
    (20, 3, 4),
    (12, 9, 3, 1),
    (1, 3, 8, 9),
    (4, 9, 3, 3, 3),
]


@cache
def family() -> list[GraphHyperNetwork]:
    """Every composition of the table once, at small sizes."""
    found: dict[HypernetConfig, GraphHyperNetwork] = {}
    for name in HYPERNETS.names():
        for mip in (False, True):
            label = f"{name}-mip" if mip else name
            hypernet = make_hypernet(name, card={"name": label}, mip=mip)
            found.setdefault(hypernet.config, hypernet)
    return list(found.values())


@cache
def odd_shapes() -> Graph:
    """Raw parameters of all roles and all numbers of dimensions beside an ordinary network."""
    b = GraphBuilder()
    for role in Role:
        for shape in SHAPES:
            b.op(Parameter(shape=shape, role=role), name=f"{role}_{len(shape)}")
    return b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), 6), 30))


@cache
def architectures() -> list[Graph]:
    cells = samples(tiny_space("nb201"), 2) + samples(tiny_space("darts"), 1)
    return [odd_shapes(), every_role(), *cells]


class TestFamily(WeightPredictorConformance):
    @staticmethod
    def predictors():
        return family()

    @staticmethod
    def graphs():
        return architectures()


@pytest.mark.parametrize("hypernet", family(), ids=lambda hypernet: hypernet.card.name)
def test_a_saved_one_predicts_the_same(hypernet: GraphHyperNetwork, tmp_path: Path) -> None:
    graphs = TestFamily.graphs()
    save(hypernet, tmp_path)
    with torch.no_grad():
        pairs = zip(hypernet.predict(graphs), load(tmp_path).predict(graphs), strict=True)
        for expected, found in pairs:
            assert_close(found, expected, rtol=0, atol=0)

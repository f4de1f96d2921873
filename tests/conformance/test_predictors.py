from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
import torch
from torch.testing import assert_close

from hypernets.checkpoint import load, save
from hypernets.families import HYPERNETS
from nas.graph.builder import GraphBuilder
from nas.graph.op import Role
from nas.graph.ops.parameter import Parameter
from nas.testing.weight_predictor import WeightPredictorConformance
from tests.hypernets.hypernet_toys import every_role, make_hypernet, samples, tiny_space

if TYPE_CHECKING:
    from pathlib import Path

    from hypernets.config import HypernetConfig
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
    """Every composition of the table once, at small sizes, and every decoder with mip."""
    found: dict[HypernetConfig, GraphHyperNetwork] = {}
    with_mip: dict[str, GraphHyperNetwork] = {}
    for name in HYPERNETS.names():
        hypernet = make_hypernet(name, card={"name": name})
        found.setdefault(hypernet.config, hypernet)
        mip = make_hypernet(name, card={"name": f"{name}-mip"}, mip=True)
        with_mip.setdefault(mip.config.decoder, mip)
    return [*found.values(), *with_mip.values()]


@cache
def odd_shapes() -> Graph:
    """Raw parameters of all roles and of all shapes beside an ordinary network.

    Each role has three of the shapes; the tests of the decoders pair all with all.
    """
    b = GraphBuilder()
    for first, role in enumerate(Role):
        for shape in (SHAPES[(first + step) % len(SHAPES)] for step in (0, 3, 6)):
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

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nas.space.trial import ReplayTrial
from search_spaces.cells.genotype import Edge, Genotype
from search_spaces.deepnets.cell import (
    OPERATIONS,
    WEIGHTLESS,
    operations,
    repair,
    suggest_genotype,
)

POOL = (Edge("max_pool_3x3", 0), Edge("skip_connect", 1))
CONV = (Edge("conv_3x3", 0), Edge("skip_connect", 1))


def cells(*normal, reduce=(POOL,)):
    concat = tuple(range(2, 2 + len(normal)))
    return Genotype(normal=normal, normal_concat=concat, reduce=reduce, reduce_concat=concat)


def block(left, right):
    return Edge(left, 0), Edge(right, 1)


@pytest.mark.parametrize(
    ("drawn", "repaired"),
    [
        (cells(CONV), cells(CONV)),
        (cells(block("msa", "skip_connect")), cells(block("msa", "skip_connect"))),
        (cells(block("cse", "dil_conv_3x3")), cells(block("cse", "dil_conv_3x3"))),
        (cells(POOL, reduce=(CONV,)), cells(POOL, reduce=(CONV,))),
        (
            cells(block("conv_5x5", "cse"), reduce=(block("conv_7x7", "cse"),)),
            cells(block("conv_5x5", "cse"), reduce=(block("conv_7x7", "cse"),)),
        ),
        (cells(block("conv_5x5", "conv_7x7")), cells(block("conv_5x5", "conv_7x1_1x7"))),
        (cells(block("conv_7x7", "conv_5x5")), cells(block("conv_7x7", "sep_conv_5x5"))),
        (
            cells(CONV, block("cse", "cse"), reduce=(POOL, POOL)),
            cells(CONV, block("cse", "skip_connect"), reduce=(POOL, POOL)),
        ),
        (
            cells(CONV, block("none", "none"), reduce=(POOL, POOL)),
            cells(CONV, block("skip_connect", "none"), reduce=(POOL, POOL)),
        ),
        (cells(POOL), cells(CONV)),
        (cells(block("cse", "avg_pool_3x3")), cells(block("conv_3x3", "avg_pool_3x3"))),
        (cells(block("msa", "cse")), cells(block("conv_3x3", "cse"))),
    ],
)
def test_repair(drawn, repaired) -> None:
    assert repair(drawn) == repaired
    assert repair(repaired) == repaired


def test_draws_are_uniform_and_half_of_the_reductions_weightless() -> None:
    rng = np.random.default_rng(0)
    normal: Counter[str] = Counter()
    weightless, dropped, drawn = 0, 0, 400
    for _ in range(drawn):
        genotype = suggest_genotype(ReplayTrial({}, rng), 3)
        normal.update(edge.op for pair in genotype.normal for edge in pair)
        weightless += {edge.op for pair in genotype.reduce for edge in pair} <= {
            "none",
            *WEIGHTLESS,
        }
        dropped += len(genotype.normal_concat) < 3
        assert all(left.state < right.state for left, right in genotype.normal)
        assert genotype.normal_concat == genotype.reduce_concat
        assert genotype.normal_concat[-1] == 4
    assert set(normal) == set(OPERATIONS)
    expected = 6 * drawn / 15
    assert max(abs(count - expected) for count in normal.values()) < 4 * expected**0.5
    assert weightless == pytest.approx(drawn / 2, abs=40)
    assert dropped == pytest.approx(drawn / 2 * 3 / 4, abs=40)


def test_one_block_is_never_cut_off() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        assert "none" not in operations(suggest_genotype(ReplayTrial({}, rng), 1))

"""NAS-Bench-201 against the counts and the number of unique cells of its authors."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from nas.analysis.cost import cost
from nas.graph.blocks import relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.task.task import Task
from search_spaces.cells.nb201 import EDGES, OPERATIONS, NasBench201, cell

GOLDEN = json.loads(Path(__file__).with_name("nb201.json").read_text())


@pytest.mark.parametrize("row", GOLDEN["counts"], ids=lambda row: row["arch"])
def test_parameters_and_macs_of_the_full_network(row):
    task = Task(classes=row["classes"], channels=3, resolution=row["resolution"])
    measured = cost(NasBench201(task=task).graph(row["arch"]))
    assert (measured.params, measured.macs) == (row["params"], row["macs"])


@pytest.mark.slow
def test_number_of_distinct_cells():
    """7,031 of the 15,625 cells are distinct graphs.

    The authors count 6,466 with a string of each cell that unfolds it into a tree: it keeps a
    zero beside other terms of a sum apart from the sum without it, and does not see whether two
    equal convolutions of one input are one or two. The graph hash drops zeros and sees that; its
    classes agree with networkx' isomorphism test on the simplified graphs.
    """
    hashes, strings = set(), set()
    for chosen in itertools.product(OPERATIONS, repeat=len(EDGES)):
        operations = dict(zip(EDGES, chosen, strict=True))
        b = GraphBuilder()
        graph = b.build(cell(b, b.input((1, 1, 4, 4)), operations))
        hashes.add(graph.hash())
        strings.add(unfold(operations))
    assert len(strings) == GOLDEN["unique"]
    assert len(hashes) == 7031


def unfold(operations):
    """The authors' string of a cell, ``to_unique_str`` with zeros considered."""
    nodes = ["0"]
    for target in (1, 2, 3):
        terms = []
        for source in range(target):
            operation = operations[source, target]
            if operation == "none" or nodes[source] == "#":
                terms.append("#")
            elif operation == "skip_connect":
                terms.append(nodes[source])
            else:
                terms.append(f"({nodes[source]})@{operation}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def test_known_cells():
    """The residual block is two convolutions beside a shortcut; the best cell is the published."""
    space = NasBench201(task=Task(classes=10, channels=3, resolution=32))
    residual, best = (space.graph(params) for params in space.known().values())
    b = GraphBuilder()
    x = b.input((1, 16, 32, 32))
    y = relu_conv_bn(b, relu_conv_bn(b, x, 16, 3), 16, 3)
    written = b.build(b.add(x, y))
    b = GraphBuilder()
    cell_of = dict(zip(EDGES, space.known()["ResNet"].values(), strict=True))
    assert b.build(cell(b, b.input((1, 16, 32, 32)), cell_of)).hash() == written.hash()
    assert cost(residual).params < cost(best).params == GOLDEN["counts"][0]["params"]


def test_the_best_cell_is_that_of_the_table():
    from benchmarks.ranking.table import published

    table = published()
    best = NasBench201(task=Task(classes=10, channels=3, resolution=32))
    notation = best.encode(best.known()["the benchmark's best on CIFAR-10"])
    assert table[notation] == max(table.values())

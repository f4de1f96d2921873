from __future__ import annotations

import itertools

import numpy as np
import pytest

from nas.analysis.cost import cost
from nas.errors import ConfigError, EncodingError
from nas.space.candidate import mutate, sample
from nas.space.trial import ReplayTrial
from nas.task.task import Task
from search_spaces.cells.nb101 import (
    CONV1X1,
    CONV3X3,
    EDGES,
    MAXPOOL3X3,
    NUMBERED,
    OPERATIONS,
    VERTICES,
    NasBench101,
    params_of,
    params_of_numbers,
)

SPACE = NasBench101(task=Task(classes=10, channels=3, resolution=8), channels=8, cells=1)
RESNET = f"{CONV3X3}~0+{CONV3X3}~1+output~0,2"
CHAIN = "+".join(f"{CONV1X1}~{source}" for source in range(5)) + "+output~"


def matrix(*edges, vertices=VERTICES):
    rows = [[0] * vertices for _ in range(vertices)]
    for source, target in edges:
        rows[source][target] = 1
    return rows


def test_notation():
    params = SPACE.decode(RESNET)
    assert {name for name, value in params.items() if value is True} == {
        "edge_0_6",
        "edge_2_6",
        "edge_1_2",
    }
    assert {params["op_1"], params["op_2"]} == {CONV3X3}
    assert SPACE.encode(params) == RESNET
    assert SPACE.encode(SPACE.decode(f" {RESNET}\n")) == RESNET


def test_only_vertices_in_use_are_choices():
    params = SPACE.decode(RESNET)
    assert not {"op_3", "edge_1_3", "edge_0_1"} & params.keys()  # 3 is not read, 1 must read 0
    assert "edge_0_2" in params
    with pytest.raises(EncodingError, match="'op_3'"):
        SPACE.graph({**params, "op_3": CONV1X1})


@pytest.mark.parametrize("seed", range(3))
def test_every_draw_and_mutant_is_a_cell_of_the_benchmark(seed):
    rng = np.random.default_rng(seed)
    drawn = [sample(SPACE, rng) for _ in range(50)]
    for one in [*drawn, *(mutate(SPACE, one.params, rng) for one in drawn)]:
        vertices = one.architecture.split("+")
        sources = [reads.partition("~")[2].split(",") for reads in vertices]
        assert len(vertices) <= VERTICES - 1
        assert sum(map(len, sources)) <= EDGES
        read = {int(source) for reads in sources for source in reads}
        assert read == set(range(len(vertices)))
    assert len({one.hash for one in drawn}) > 40


@pytest.mark.slow
def test_size_counts_all_cells():
    """Every matrix whose vertices are all on paths and that has at most nine edges."""
    count = 0
    for inner in range(VERTICES - 1):
        output = inner + 1
        reads = [range(1, 2**vertex) for vertex in range(1, output + 1)]  # sources as bits
        for sources in itertools.product(*reads):
            joined = 0
            for bits in sources:
                joined |= bits
            if joined == 2**output - 1 and sum(map(int.bit_count, sources)) <= EDGES:
                count += len(OPERATIONS) ** inner
    assert SPACE.size() == count


def test_a_cell_of_all_edges_that_nine_allow():
    text = f"{CONV1X1}~0+{MAXPOOL3X3}~0,1+{CONV3X3}~0,2+{CONV1X1}~3+{CONV3X3}~4+output~0,5"
    params = SPACE.decode(text)
    assert sum(value is True for value in params.values()) < EDGES  # 0 -> 1 is no choice
    assert SPACE.encode(params) == text


def test_ten_edges_are_too_many():
    with pytest.raises(EncodingError, match=r"at most 5 operations and 9 edges .* got 5 and 10"):
        SPACE.decode(CHAIN + "0,1,2,3,5")


def test_vertices_that_are_not_in_use_are_left_out():
    assert SPACE.encode(SPACE.decode(CHAIN + "2")) == f"{CONV1X1}~0+{CONV1X1}~1+output~2"


def test_six_operations_are_too_many():
    text = CHAIN.replace("output~", f"{CONV1X1}~5+output~6")
    with pytest.raises(EncodingError, match="got 6 and 7"):
        SPACE.decode(text)


def test_parameters_of_a_matrix():
    named = ["input", CONV3X3, MAXPOOL3X3, CONV1X1, CONV3X3, CONV1X1, "output"]
    edges = [(0, 1), (0, 6), (1, 4), (4, 6), (1, 2), (0, 3), (3, 5)]  # 2, 3 and 5 lead nowhere
    assert params_of(matrix(*edges), named) == SPACE.decode(RESNET)
    numbers = [NUMBERED.index(name) for name in named]
    flat = [*itertools.chain(*matrix(*edges)), *numbers]
    assert params_of_numbers(flat) == SPACE.decode(RESNET)
    small = matrix((0, 1), (1, 2), vertices=3)
    assert SPACE.encode(params_of(small, ["input", MAXPOOL3X3, "output"])).startswith(MAXPOOL3X3)


@pytest.mark.parametrize(
    ("edges", "operations", "message"),
    [
        ([(0, 1)], ["input", CONV3X3, "output"], "no path leads"),
        ([(0, 2), (2, 1)], ["input", CONV3X3, "output"], "upper triangular"),
        ([(0, 2)], ["input", "conv", "output"], "expected input, then any of .*'conv'"),
        ([(0, 2)], ["output", CONV3X3, "input"], "then output, got"),
        ([(0, 1)], ["input", "output"], "a square matrix of 2 vertices"),
    ],
)
def test_other_matrices_are_refused(edges, operations, message):
    with pytest.raises(EncodingError, match=message):
        params_of(matrix(*edges, vertices=3), operations)


@pytest.mark.parametrize("numbers", [[0] * 55, [0] * 49 + [0, 5, 2, 2, 2, 2, 1]])
def test_other_numbers_are_refused(numbers):
    with pytest.raises(EncodingError, match="expected 49 numbers of a matrix and 7"):
        params_of_numbers(numbers)


def test_the_network_of_a_cell():
    graph = SPACE.graph(f"{MAXPOOL3X3}~0+{CONV3X3}~0,1+output~0,1,2")
    assert graph.shapes["stack0.cell0.vertex1.max_pool2d"] == (1, 4, 8, 8)
    assert graph.shapes["stack2.cell0.output.add"] == (1, 32, 2, 2)
    weights = {name for name in graph.parameters() if name.startswith("stack1.cell0.")}
    assert {name.removeprefix("stack1.cell0.") for name in weights if "conv" in name} == {
        "vertex1.projection.conv.weight",
        "vertex2.projection.conv.weight",
        "vertex2.conv.weight",
        "output.projection.conv.weight",
    }


def test_a_vertex_reads_the_first_channels_of_a_wider_one():
    graph = SPACE.graph(f"{CONV1X1}~0+{CONV1X1}~1+{CONV1X1}~1+output~1,2,3")  # 3, 3 and 2
    assert graph.shapes["stack0.cell0.vertex1.relu"] == (1, 3, 8, 8)
    assert graph.shapes["stack0.cell0.vertex3.truncate"] == (1, 2, 8, 8)
    assert graph.shapes["stack0.cell0.output.concat"] == (1, 8, 8, 8)


def test_macro_sizes_scale_the_skeleton():
    one = cost(SPACE.graph(RESNET)).layers
    assert cost(SPACE.at(cells=2).graph(RESNET)).layers == one + 3 * 4
    digits = Task(classes=10, channels=1, resolution=8)
    assert NasBench101.macro_for(digits) == {"channels": 16, "cells": 1}
    assert NasBench101.macro_for(Task(classes=10, channels=3, resolution=32)) == {}


def test_every_vertex_needs_a_channel():
    with pytest.raises(ConfigError, match="channels must be at least 5, got 4"):
        SPACE.at(channels=4)
    five = "+".join(f"{CONV1X1}~0" for _ in range(4)) + "+output~1,2,3,4"
    assert SPACE.at(channels=5).graph(five).shapes["classifier"] == (1, 10)


@pytest.mark.parametrize("resolution", [1, 3, 7, 25, 28])
def test_any_resolution(resolution):
    graph = SPACE.at(resolution=resolution).graph(RESNET)
    assert graph.shapes["classifier"] == (1, 10)


def test_a_missing_choice_is_named():
    with pytest.raises(EncodingError, match="'edge_5_6' is missing"):
        SPACE.build(ReplayTrial({}))

from __future__ import annotations

import pytest

from nas.analysis.cost import cost
from nas.errors import ConfigError, EncodingError
from nas.task.task import Task
from search_spaces.cells.nb201 import EDGES, OPERATIONS, NasBench201, edge_name

SPACE = NasBench201(task=Task(classes=10, channels=3, resolution=8), channels=4, cells=1)
BEST = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
)
NONE = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def cell(**changed):
    params = {edge_name(*edge): "none" for edge in EDGES}
    return {**params, **changed}


def test_size_counts_all_cells():
    assert SPACE.size() == len(OPERATIONS) ** 6 == 15625


def test_notation():
    params = SPACE.decode(BEST)
    assert params == cell(
        edge_0_1="nor_conv_3x3",
        edge_0_2="nor_conv_3x3",
        edge_1_2="nor_conv_3x3",
        edge_0_3="skip_connect",
        edge_1_3="nor_conv_3x3",
        edge_2_3="nor_conv_1x1",
    )
    assert SPACE.encode(params) == BEST
    assert SPACE.encode(SPACE.decode(f"  {BEST}\n")) == BEST


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected 3 nodes joined by '\\+', got 1"),
        ("|none~0|+|none~0|none~1|", "expected 3 nodes joined by '\\+', got 2"),
        (NONE.replace("|none~0|+|none~0|n", "none~0|+|none~0|n"), "node 1, 'none~0|'.*bars"),
        (NONE.replace("+|none~0|none~1|+", "+|none~0|+"), "node 2, .*expected 2 edges.*got 1"),
        (NONE.replace("none~2", "none~1"), "node 3, .*edge 2: expected 'op~2', got 'none~1'"),
        (NONE.replace("none~2", "none"), "node 3, .*edge 2: expected 'op~2', got 'none'"),
        (
            NONE.replace("none~2", "nor_conv_5x5~2"),
            "node 3, .*edge 2: unknown operation 'nor_conv_5x5'.*Did you mean 'nor_conv_",
        ),
        (NONE.replace("none~2", "?~2"), "unknown operation '\\?'.*Known: none, skip_connect"),
    ],
)
def test_malformed_text_names_the_fault_and_its_place(text, message):
    with pytest.raises(EncodingError, match=message):
        SPACE.decode(text)


def test_unknown_operation_in_parameters():
    with pytest.raises(EncodingError, match="'edge_0_1' is 'conv'"):
        SPACE.graph(cell(edge_0_1="conv"))


def test_none_and_skip_leave_no_trace():
    direct = SPACE.graph(cell(edge_0_3="nor_conv_3x3"))
    detour = SPACE.graph(cell(edge_0_1="skip_connect", edge_1_3="nor_conv_3x3"))
    assert direct.hash() == detour.hash()
    kinds = {node.op.kind for node in direct.simplified.nodes}
    assert not kinds & {"zero", "identity"}


def test_a_cell_without_a_path_is_a_cell_of_nothing():
    dead = SPACE.graph(cell(edge_0_1="nor_conv_3x3", edge_2_3="nor_conv_3x3", edge_0_2="none"))
    assert dead.hash() != SPACE.graph(NONE).hash()  # ReLU-Conv-BN of zero is a learned shift
    unread = SPACE.graph(cell(edge_0_1="nor_conv_3x3"))
    assert unread.hash() == SPACE.graph(NONE).hash()


def test_macro_sizes_scale_the_skeleton():
    graph = SPACE.at(channels=8, cells=2).graph(BEST)
    assert graph.shapes["stage0.cell1.node3"] == (1, 8, 8, 8)
    assert graph.shapes["stage2.cell1.node3"] == (1, 32, 2, 2)
    assert "stage0.cell0.edge_0_1.conv.weight" in graph.parameters()


@pytest.mark.parametrize("resolution", [1, 3, 7, 25, 28])
def test_any_resolution(resolution):
    graph = SPACE.at(resolution=resolution).graph(BEST)
    assert graph.shapes["classifier"] == (1, 10)


def test_the_proxy_reduces_by_pooling_so_that_cells_do_the_work():
    full = NasBench201(task=Task(classes=10, channels=3, resolution=32))
    assert full.proxy_sizes() == {"channels": 16, "cells": 2, "reduction": "pool"}
    proxy = full.at(**full.proxy_sizes(), resolution=16)

    graph = proxy.graph(BEST)
    assert cost(graph).layers == 1 + 3 * 2 * 5 + 2 + 1
    assert cost(proxy.at(reduction="residual").graph(BEST)).layers == cost(graph).layers + 2 * 2
    assert graph.shapes["stage2.reduce.norm"] == (1, 64, 4, 4)


def test_unknown_reduction():
    with pytest.raises(ConfigError, match="reduction must be one of 'residual', 'pool', got 'x'"):
        NasBench201(task=SPACE.task, reduction="x")

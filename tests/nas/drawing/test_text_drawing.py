from __future__ import annotations

import re

import numpy as np
import pytest

import search_spaces
from cli.space import task_for
from nas.analysis.cost import cost
from nas.drawing.text_drawing import draw_text
from nas.graph.builder import GraphBuilder
from nas.space.candidate import sample
from nas.task.task import Task

DRAWN = """\
                  operations                                  output  parameters   MACs
x                 input                                        3×8×8
stem              conv 3×3 /2                                  4×4×4         108  1.73k
block0 to block2  3 times                                      4×4×4         180   2.5k
  out             conv 3×3 depthwise → batch_norm → conv 1×1   4×4×4          60    832
  add             add ← stem, out                              4×4×4
classifier        adaptive_avg_pool → flatten → head              10          50     40
16 nodes, 338 parameters, 4.26k MACs"""


def test_a_residual_network_is_drawn_like_this() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 4, stride=2, name="stem")
    for index in range(3):
        with b.scope(f"block{index}"):
            y = b.batch_norm(b.conv2d(x, 4, groups=4))
            x = b.add(x, b.conv2d(y, 4, 1, name="out"))

    assert draw_text(b.build(b.classifier(x, 10)), width=90) == DRAWN


@pytest.mark.parametrize("name", search_spaces.names())
@pytest.mark.parametrize("width", [80, 100])
def test_lines_fit_and_are_few(name: str, width: int) -> None:
    space = search_spaces.get(name, task_for(name))
    graph = sample(space, np.random.default_rng(1)).network
    lines = draw_text(graph, width=width).splitlines()

    assert max(map(len, lines)) <= width
    assert len(lines) < 120
    assert lines[-1].startswith(f"{len(graph.nodes)} nodes, {cost(graph).params:,} parameters")


def test_lines_at_the_margin_add_up_to_the_parameters() -> None:
    space = search_spaces.get("nasnet", Task(classes=10, channels=3, resolution=32))
    graph = sample(space, np.random.default_rng(0)).network
    _, *lines, _ = draw_text(graph).splitlines()
    outer = [line for line in lines if line[0] != " "]
    counts = [re.search(r"([\d,]+)  +[\d.]+[kMG]?$", line) for line in outer]
    assert sum(int(m[1].replace(",", "")) for m in counts if m) == cost(graph).params


def test_arrows_say_what_is_read_where_it_is_not_the_line_above() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 8, 8))
    left, right = b.conv2d(x, 4, name="left"), b.conv2d(x, 4, name="right")
    _, _, first, second, third, _ = draw_text(b.build(b.add(left, right))).splitlines()

    assert "←" not in first
    assert second.split()[:5] == ["right", "conv", "3×3", "←", "x"]
    assert "← left, right" in third

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nas.drawing.arrangement import BETWEEN, Arrangement, Edge, Size, arrange


def random_graph(seed: int) -> tuple[dict[str, Size], list[Edge]]:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 16))
    boxes = {
        str(i): (float(rng.integers(20, 90)), float(rng.integers(10, 60))) for i in range(count)
    }
    pairs = list(combinations(boxes, 2))
    edges = [pair for pair in pairs if rng.random() < 2 / count]
    return boxes, edges


def overlap(found: Arrangement, boxes: dict[str, Size], one: str, other: str) -> bool:
    (x, y), (u, v) = found.corners[one], found.corners[other]
    (w, h), (m, n) = boxes[one], boxes[other]
    return x < u + m and u < x + w and y < v + n and v < y + h


@pytest.mark.parametrize("seed", range(20))
def test_boxes_lie_apart_inside_and_below_what_points_at_them(seed: int) -> None:
    boxes, edges = random_graph(seed)
    found = arrange(boxes, edges)

    assert not [pair for pair in combinations(boxes, 2) if overlap(found, boxes, *pair)]
    for name, (width, height) in boxes.items():
        x, y = found.corners[name]
        assert -1e-6 <= x <= found.width - width + 1e-6
        assert 0 <= y <= found.height - height + 1e-6
    for source, target in edges:
        assert found.corners[source][1] + boxes[source][1] < found.corners[target][1]


@pytest.mark.parametrize("seed", range(20))
def test_arrows_go_down_from_box_to_box_and_cross_none(seed: int) -> None:
    boxes, edges = random_graph(seed)
    found = arrange(boxes, edges)

    assert set(found.arrows) == set(edges)
    for (source, target), points in found.arrows.items():
        heights = [y for _, y in points]
        assert heights == sorted(heights)
        assert points[0][1] == found.corners[source][1] + boxes[source][1]
        assert points[-1][1] == found.corners[target][1]
        for x, y in points[2:-1]:
            for name in boxes.keys() - {source, target}:
                left, top = found.corners[name]
                beside = not left < x < left + boxes[name][0]
                assert beside or not top < y < top + boxes[name][1]


def test_a_chain_stands_in_a_column() -> None:
    boxes = {"a": (20.0, 10.0), "b": (60.0, 10.0), "c": (40.0, 10.0)}
    found = arrange(boxes, [("a", "b"), ("b", "c")])
    assert {found.corners[name][0] + boxes[name][0] / 2 for name in boxes} == {30.0}
    assert found.width == 60


def test_neighbours_keep_their_distance() -> None:
    found = arrange({"a": (20.0, 10.0), "b": (20.0, 10.0)}, [])
    (left, _), (right, _) = sorted(found.corners.values())
    assert right - left >= 20 + BETWEEN


def test_arrows_that_need_not_cross_do_not() -> None:
    """Two pairs whose targets come in the other order."""
    boxes = dict.fromkeys("abcd", (20.0, 10.0))
    found = arrange(boxes, [("a", "d"), ("b", "c")])
    left_to_right = [sorted(row, key=lambda n: found.corners[n][0]) for row in ("ab", "cd")]
    assert left_to_right in ([["a", "b"], ["d", "c"]], [["b", "a"], ["c", "d"]])


def test_nothing_takes_no_room() -> None:
    assert arrange({}, []).width == 0

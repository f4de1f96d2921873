from __future__ import annotations

import pytest
import torch

from nas.graph.ops.messages.neighbourhood import (
    aggregate,
    in_degree,
    softmax_over,
    symmetric_norm,
    with_self_loops,
)

# 0 -> 2, 1 -> 2, 1 -> 2 again, 2 -> 0, 1 -> 1; nobody speaks to 3
EDGES = torch.tensor([[0, 1, 1, 2, 1], [2, 2, 2, 0, 1]])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("add", [8.0, 16.0, 7.0, 0.0]),
        ("mean", [8.0, 16.0, 7.0 / 3, 0.0]),
        ("max", [8.0, 16.0, 4.0, 0.0]),
    ],
)
def test_messages_are_joined_where_they_go(how, expected):
    messages = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0])
    assert aggregate(messages, EDGES[1], 4, how).tolist() == pytest.approx(expected)


def test_the_largest_of_negative_messages_is_negative():
    messages = -torch.ones(5, 2, 3)
    found = aggregate(messages, EDGES[1], 4, "max")
    assert found[:3].eq(-1).all()
    assert found[3].eq(0).all()


def test_softmax_sums_to_one_at_every_node_with_neighbours():
    scores = torch.tensor([[1.0], [2.0], [3.0], [100.0], [-100.0]])
    weights = softmax_over(scores, EDGES[1], 4)
    torch.testing.assert_close(weights[:3, 0], torch.tensor([1.0, 2.0, 3.0]).softmax(0))
    assert weights[3:].eq(1).all()


def test_each_node_gets_one_loop():
    edges = with_self_loops(EDGES, 4)
    loops = edges[0] == edges[1]
    assert sorted(edges[0, loops].tolist()) == [0, 1, 2, 3]
    assert edges[:, ~loops].tolist() == EDGES[:, :4].tolist()


def test_degrees_are_counted_at_one_end():
    assert in_degree(EDGES[1], 4, torch.float32).tolist() == [1, 1, 3, 0]
    heard = symmetric_norm(EDGES, 1, 4, torch.float32)
    assert heard.tolist() == pytest.approx([3**-0.5, 3**-0.5, 3**-0.5, 3**-0.5, 1])
    said = symmetric_norm(EDGES, 0, 4, torch.float32)  # degrees 1, 3, 1, 0
    assert said.tolist() == pytest.approx([1, 3**-0.5, 3**-0.5, 1, 1 / 3])


def test_a_node_without_edges_counts_nothing():
    norm = symmetric_norm(torch.tensor([[0], [1]]), 1, 2, torch.float32)
    assert norm.tolist() == [0]  # nobody speaks to node 0


def test_neighbours_are_counted_in_full_precision():
    """In bfloat16 256 + 1 is 256."""
    target = torch.zeros(1000, dtype=torch.long)
    said = torch.ones(1000, 1, dtype=torch.bfloat16)
    assert in_degree(target, 1, torch.bfloat16).tolist() == [1000]
    heard = aggregate(said, target, 1, "mean")
    assert heard.dtype == torch.bfloat16
    edges = torch.stack([target, target])
    assert symmetric_norm(edges, 1, 1, torch.bfloat16)[0].item() == pytest.approx(1e-3)

from __future__ import annotations

import pytest
import torch

from benchmarks.rank_fidelity.swap import ActivationPatterns
from nas.compile.apply import apply
from nas.graph.builder import GraphBuilder


def test_patterns_of_units_are_counted_once() -> None:
    """Three rectified units on three images; the first two are positive on the same ones."""
    b = GraphBuilder()
    graph = b.build(b.relu(b.relu(b.input((1, 3)))))
    images = torch.tensor([[1.0, 2.0, -1.0], [-1.0, -3.0, 4.0], [5.0, 6.0, -7.0]])
    patterns = ActivationPatterns(3)
    apply(graph, {}, images, observe=patterns)
    assert patterns.count == 2
    first = ActivationPatterns(1)
    apply(graph, {}, images[:1], observe=first)
    assert first.count == 2  # positive, and not


def test_more_images_than_an_integer_has_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 to 62 images, got 63"):
        ActivationPatterns(63)

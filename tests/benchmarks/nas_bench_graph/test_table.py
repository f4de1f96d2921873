from __future__ import annotations

import pytest

from benchmarks.nas_bench_graph.table import on_citeseer, published


def test_accuracies_on_citeseer_are_those_of_the_same_architectures() -> None:
    """The best, median and mean that the published table has, and the entry 00005."""
    accuracies = on_citeseer()
    assert accuracies.max() == pytest.approx(0.7157, abs=5e-5)
    assert sorted(accuracies)[len(accuracies) // 2] == pytest.approx(0.6540, abs=2e-4)
    assert accuracies.mean() == pytest.approx(0.6107, abs=5e-5)
    assert accuracies[list(published()).index("00005")] == pytest.approx(0.66267, abs=5e-6)

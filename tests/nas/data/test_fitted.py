from __future__ import annotations

import pytest

from nas.data.fitted import fitted
from nas.errors import GraphError
from nas.graph.builder import GraphBuilder
from nas.testing.dataset import images_of
from tests.nas.training.train_toys import toy_data, toy_graph


def test_data_of_the_networks_size_are_as_they_are() -> None:
    data = toy_data()
    assert fitted(data, toy_graph()) is data


@pytest.mark.parametrize("resolution", [4, 16])
def test_data_are_taken_at_the_networks_resolution(resolution: int) -> None:
    b = GraphBuilder()
    x = b.input((1, 3, resolution, resolution))
    taken = fitted(toy_data(), b.build(b.classifier(b.conv2d(x, 4), 3)))
    assert taken.task.resolution == resolution
    for split in (taken.train, taken.val, taken.test):
        assert images_of(split).images.shape[1:] == (3, resolution, resolution)


def network(
    channels: int = 3, classes: int = 3, width: int = 8, outputs: int = 1, inputs: int = 1
):
    b = GraphBuilder()
    x = b.input((1, channels, 8, width))
    for number in range(1, inputs):
        x = b.add(x, b.input((1, channels, 8, width), name=f"x{number}"))
    head = b.classifier(b.conv2d(x, 4), classes)
    return b.build(*[head] * 1, *[b.relu(head) for _ in range(1, outputs)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": 1}, r"maps \(1, 1, 8, 8\) to \(1, 3\)"),
        ({"classes": 7}, r"to \(1, 7\), but data set 'toy' needs \(1, 3, 8, 8\) to \(1, 3\)"),
        ({"width": 6}, r"maps \(1, 3, 8, 6\)"),
        ({"outputs": 2}, r"to \(1, 3\) and \(1, 3\)"),
        ({"inputs": 2}, r"maps \(1, 3, 8, 8\) and \(1, 3, 8, 8\)"),
    ],
)
def test_networks_for_other_data_are_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(GraphError, match=message) as caught:
        fitted(toy_data(), network(**change))
    assert "--dataset" in caught.value.hint

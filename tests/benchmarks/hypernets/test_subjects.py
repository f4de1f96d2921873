from __future__ import annotations

import pytest

import search_spaces
from benchmarks.hypernets.subjects import SPLITS, subjects
from nas.graph.ops.norm import BatchNorm
from nas.task.task import Task
from search_spaces.reference.resnet import resnet50

TASK = Task(classes=10, channels=1, resolution=8)
SPACE = search_spaces.get("deepnets", TASK, channels=4, max_cells=4)


@pytest.fixture(scope="module")
def networks():
    return subjects(SPACE, 12)


def test_they_are_always_the_same(networks):
    again = subjects(SPACE, 5)
    for split in SPLITS:
        hashes = [graph.hash() for graph in networks[split]]
        assert len(set(hashes)) == 12
        assert [graph.hash() for graph in again[split]] == hashes[:5]


def test_splits_differ_as_they_say(networks):
    def cells(split: str) -> list[int]:
        found = [{node.name.partition(".")[0] for node in g.nodes} for g in networks[split]]
        return [len({name for name in names if name.startswith("cell")}) for names in found]

    assert max(cells("test")) == 4
    assert max(cells("deep")) > 4
    normed = [any(isinstance(node.op, BatchNorm) for node in g.nodes) for g in networks["bnfree"]]
    assert not any(normed)


def test_made_by_hand(networks):
    assert [g.hash() for g in networks["ResNet-50"]] == [
        resnet50(TASK, width=width).hash() for width in (2, 4, 8)
    ]
    assert len(networks["ViT"]) == 2
